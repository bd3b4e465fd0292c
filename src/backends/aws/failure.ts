import { DstaError } from "../../errors.ts";
import { shellWord } from "../shell.ts";
import type { AwsFault } from "./fault.ts";

/** What was asked, for the words of its failure. */
export interface Target {
	/** `us-east-1`; `undefined` where none is known. */
	readonly region: string | undefined;
	/** Where the question went: a region in words, or an endpoint. */
	readonly place: string;
	readonly profile: string | undefined;
	/** The name of the secret at AWS; `undefined` where the question was about none. */
	readonly id?: string | undefined;
	/** The secret path that the user asked for. */
	readonly path?: string | undefined;
	readonly action: "GetSecretValue" | "PutSecretValue" | "CreateSecret" | "ListSecrets" | "GetCallerIdentity";
}

/** The error that a fault at AWS stands for, absence included. */
export function failureOf(fault: AwsFault, target: Target): DstaError {
	switch (fault.kind) {
		case "forbidden":
			return forbidden(fault, target);
		case "undecryptable":
			return undecryptable(fault, target);
		case "badCredentials":
			return badCredentials(fault, target);
		case "ssoExpired":
			return ssoExpired(target);
		case "noCredentials":
			return noCredentials(target);
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

function forbidden({ reason }: AwsFault, target: Target): DstaError {
	const { action, id, place } = target;
	const what = id === undefined ? action : `${action} on ${id}`;
	return denied(
		`Permission denied: AWS refused secretsmanager:${what} (${place}, ${reason})`,
		`Add this statement to the policy of the role or user that \`aws sts get-caller-identity\` names: ${statement(target)}`,
		target,
	);
}

function statement({ action, id, region = "*" }: Target): string {
	const resource = id === undefined || action === "ListSecrets" ? "*" : resourceOf(id, region);
	return JSON.stringify({ Effect: "Allow", Action: `secretsmanager:${action}`, Resource: resource });
}

// AWS adds a hyphen and six characters of its own to the name of a secret.
function resourceOf(id: string, region: string): string {
	return id.startsWith("arn:")
		? id
		: `arn:${partitionOf(region)}:secretsmanager:${region}:*:secret:${id}-??????`;
}

function partitionOf(region: string): string {
	return /^cn-/.test(region) ? "aws-cn" : /^us-gov-/.test(region) ? "aws-us-gov" : "aws";
}

function undecryptable({ reason }: AwsFault, target: Target): DstaError {
	const { id = "the secret", place, region = "*" } = target;
	const allow = JSON.stringify({
		Effect: "Allow",
		Action: "kms:Decrypt",
		Resource: `arn:${partitionOf(region)}:kms:${region}:*:key/*`,
		Condition: { StringEquals: { "kms:ViaService": `secretsmanager.${region}.amazonaws.com` } },
	});
	return denied(
		`Permission denied: the KMS key of ${id} does not decrypt it for us (${place}, ${reason})`,
		`Find the key (aws secretsmanager describe-secret --secret-id ${shellWord(id)} --query KmsKeyId), see that it is enabled, and allow the role to use it: ${allow}`,
		target,
	);
}

function badCredentials({ reason }: AwsFault, target: Target): DstaError {
	const { place, profile } = target;
	const owner = profile === undefined ? "" : ` of profile ${profile}`;
	return denied(
		`Permission denied: AWS does not accept the credentials${owner} (${place}, ${reason})`,
		"They are unknown, mistyped or have expired, or the clock of this host is wrong. See who you are (aws sts get-caller-identity), then set new ones: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary ones, AWS_SESSION_TOKEN.",
		target,
	);
}

function ssoExpired(target: Target): DstaError {
	const option = target.profile === undefined ? "" : ` --profile ${shellWord(target.profile)}`;
	return denied(
		`Permission denied: the AWS SSO session has expired or is missing (${target.place})`,
		`Log in again: aws sso login${option}`,
		target,
	);
}

function noCredentials(target: Target): DstaError {
	const source = target.profile === undefined ? "" : ` in profile ${target.profile}`;
	return unavailable(
		`Unable to locate credentials${source} for ${target.place}`,
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

function timedOut({ path, place }: Target): DstaError {
	return new DstaError("DSTA_TIMEOUT", `AWS Secrets Manager not available: no answer in time (${place})`, {
		...about(path),
		cure: `Check that this host reaches AWS and gets its credentials (aws sts get-caller-identity), or raise aws.timeout in the map or --timeout. ${LEAVE_OUT}`,
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

function denied(message: string, cure: string, { path }: Target): DstaError {
	return new DstaError("DSTA_DENIED", message, { ...about(path), cure });
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
