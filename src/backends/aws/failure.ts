import { DstaError } from "../../errors.ts";
import { shellWord } from "../shell.ts";
import { denialOf } from "./denial.ts";
import type { AwsFault } from "./fault.ts";
import type { Role } from "./settings.ts";

/** What was asked, for the words of its failure. */
export interface Target {
	/** `us-east-1`; `undefined` where none is known. */
	readonly region: string | undefined;
	/** Where the question went: a region in words, or an endpoint. */
	readonly place: string;
	readonly profile: string | undefined;
	readonly role: Role | undefined;
	/** Whether credentials were found, accepted or not. */
	readonly hasCredentials: boolean;
	/** The name of the secret at AWS; `undefined` where the question was about none. */
	readonly id?: string | undefined;
	/** The secret path that the user asked for. */
	readonly path?: string | undefined;
	readonly action:
		| "GetSecretValue"
		| "PutSecretValue"
		| "UpdateSecretVersionStage"
		| "CreateSecret"
		| "ListSecrets"
		| "ListSecretVersionIds"
		| "DescribeSecret"
		| "TagResource"
		| "UntagResource"
		| "GetCallerIdentity";
}

/** The error that a fault at AWS stands for, absence included. */
export function failureOf(fault: AwsFault, target: Target): DstaError {
	switch (fault.kind) {
		case "forbidden":
		case "undecryptable":
		case "badCredentials":
		case "ssoExpired":
		case "roleDenied":
			return denialOf(fault.kind, fault, target);
		case "roleWrong":
			return roleWrong(fault, target);
		case "noCredentials":
			return noCredentials(fault, target);
		case "noRegion":
			return noRegion(target);
		case "timeout":
			return timedOut(target);
		case "misconfigured":
			return misconfigured(fault, target);
		case "deleted":
			return scheduledForDeletion(target);
		default:
			return outOfReach(fault, target);
	}
}

/** The words by which a chain leaves AWS out. */
const LEAVE_OUT = "Where nobody uses Secrets Manager, `chain: [vault, env]` in the map leaves AWS out.";

function roleWrong({ reason }: AwsFault, target: Target): DstaError {
	return wrong(
		`AWS found the request for the role ${target.role?.arn} wrong: ${reason} (sts:AssumeRole)`,
		"Check aws.assume_role in the map: the role must exist, and duration may be no longer than the role's own maximum, nor than 1h where the credentials are those of a role already.",
		target,
	);
}

function noCredentials({ reason }: AwsFault, target: Target): DstaError {
	const source = target.profile === undefined ? "" : ` in profile ${target.profile}`;
	const option = target.profile === undefined ? "" : ` --profile ${shellWord(target.profile)}`;
	const message = `Unable to locate credentials${source} for ${target.place}`;
	if (reason.includes("credential_process"))
		return unavailable(
			`${message}: ${reason}`,
			`See what it says: aws sts get-caller-identity${option}`,
			target,
		);
	return unavailable(
		message,
		`Run \`aws configure\`, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the host or container an IAM role. ${LEAVE_OUT}`,
		target,
	);
}

function noRegion(target: Target): DstaError {
	return wrong(
		"AWS Secrets Manager has no region",
		`Set AWS_REGION (export AWS_REGION=us-east-1), aws.region in the map, or region in the profile. ${LEAVE_OUT}`,
		target,
	);
}

function timedOut({ hasCredentials, path, place }: Target): DstaError {
	const what = hasCredentials ? "no answer" : "no credentials";
	return new DstaError("DSTA_TIMEOUT", `AWS Secrets Manager not available: ${what} in time (${place})`, {
		...about(path),
		cure: `Check that this host reaches AWS and gets its credentials (aws sts get-caller-identity), or raise aws.timeout and aws.attempt_timeout in the map, or --timeout. ${LEAVE_OUT}`,
	});
}

function outOfReach({ reason }: AwsFault, target: Target): DstaError {
	const option = target.region === undefined ? "" : ` --region ${target.region}`;
	const first = /unknown authority|self-signed/.test(reason)
		? "Name the certificates of its authority, in PEM form: AWS_CA_BUNDLE=/path/to/ca.pem. "
		: / through the proxy /.test(target.place)
			? "Check the proxy (HTTPS_PROXY), or go without it: NO_PROXY=.amazonaws.com. "
			: "";
	return unavailable(
		`AWS Secrets Manager not available: ${reason} (${target.place})`,
		`${first}Check the network and the region: aws secretsmanager list-secrets --max-items 1${option}. ${LEAVE_OUT}`,
		target,
	);
}

function misconfigured({ reason }: AwsFault, target: Target): DstaError {
	const what = target.id === undefined ? "" : ` for ${target.id}`;
	return wrong(
		`AWS Secrets Manager found the request${what} wrong: ${reason} (${target.place})`,
		"Check region, prefix, profile and endpoint under `aws:` in the map, the AWS_ variables (env | cut -d= -f1 | grep ^AWS_) and the entry's version.",
		target,
	);
}

function scheduledForDeletion(target: Target): DstaError {
	return wrong(
		`${target.id} is scheduled for deletion (${target.place})`,
		`Restore it first: aws secretsmanager restore-secret --secret-id ${shellWord(target.id ?? "")}`,
		target,
	);
}

function unavailable(message: string, cure: string, { path }: Target): DstaError {
	return new DstaError("DSTA_UNAVAILABLE", message, { ...about(path), cure });
}

function wrong(message: string, cure: string, { path }: Target): DstaError {
	return new DstaError("DSTA_CONFIG", message, { ...about(path), cure });
}

function about(path: string | undefined): { readonly backend: "aws"; readonly path?: string } {
	return path === undefined ? { backend: "aws" } : { backend: "aws", path };
}
