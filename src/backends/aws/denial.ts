import { DstaError } from "../../errors.ts";
import { isArn } from "../../secret-path.ts";
import { shellWord } from "../shell.ts";
import { partitionOf, resourceOf } from "./arn.ts";
import type { Target } from "./failure.ts";
import type { AwsFault, FaultKind } from "./fault.ts";

/** The faults that are somebody's decision against us. */
export type DenialKind = Extract<
	FaultKind,
	"forbidden" | "undecryptable" | "badCredentials" | "ssoExpired" | "roleDenied"
>;

/** The words for a denial: who may not do what, and the statement that is missing where there is one. */
export function denialOf(kind: DenialKind, fault: AwsFault, target: Target): DstaError {
	const { cure, message } = WORDS[kind](fault, target);
	const about = target.path === undefined ? {} : { path: target.path };
	return new DstaError("DSTA_DENIED", `Permission denied: ${message}`, { backend: "aws", ...about, cure });
}

interface Words {
	readonly message: string;
	readonly cure: string;
}

const WORDS: Readonly<Record<DenialKind, (fault: AwsFault, target: Target) => Words>> = {
	forbidden,
	undecryptable,
	badCredentials,
	ssoExpired,
	roleDenied,
};

function forbidden({ details, reason }: AwsFault, target: Target): Words {
	const { action, id, place } = target;
	const what = id === undefined ? action : `${action} on ${id}`;
	const who = details.caller ?? target.role?.arn ?? UNKNOWN;
	const foreign = id !== undefined && isArn(id) ? FOREIGN : "";
	return {
		message: `AWS refused secretsmanager:${what} (${place}, ${reason})`,
		cure: `Add this statement to the policy of ${who}: ${statement(target)}${foreign}`,
	};
}

const UNKNOWN = "the role or user that `aws sts get-caller-identity` names";
const FOREIGN =
	" A secret of another account needs a policy of its own besides, and a KMS key of its own that allows us to use it.";

function statement({ action, id, region = "*" }: Target): string {
	const resource = id === undefined || action === "ListSecrets" ? "*" : resourceOf(id, { region });
	return JSON.stringify({ Effect: "Allow", Action: `secretsmanager:${action}`, Resource: resource });
}

function undecryptable({ details, reason }: AwsFault, target: Target): Words {
	const { id = "the secret", place, region = "*" } = target;
	const { caller = "the role", key } = details;
	const allow = JSON.stringify({
		Effect: "Allow",
		Action: "kms:Decrypt",
		Resource: key ?? `arn:${partitionOf(region)}:kms:${region}:*:key/*`,
		Condition: { StringEquals: { "kms:ViaService": `secretsmanager.${region}.amazonaws.com` } },
	});
	return {
		message: `the KMS key of ${id} does not decrypt it for us: kms:Decrypt on ${key ?? "it"} failed (${place}, ${reason})`,
		cure: `Find the key (aws secretsmanager describe-secret --secret-id ${shellWord(id)} --query KmsKeyId), see that it is enabled, and allow ${caller} to use it: ${allow}`,
	};
}

function badCredentials({ details, reason }: AwsFault, target: Target): Words {
	const { place, profile } = target;
	const owner = profile === undefined ? "" : ` of profile ${profile}`;
	if (details.skewMs !== undefined)
		return {
			message: `AWS does not accept the credentials${owner}, and the clock of this host is ${skewWords(details.skewMs)} (${place}, ${reason})`,
			cure: "Set the clock (chronyc makestep, or timedatectl set-ntp true; in a container that of its host). If AWS refuses them still, they are mistyped or have expired.",
		};
	return {
		message: `AWS does not accept the credentials${owner} (${place}, ${reason})`,
		cure: "They are unknown, mistyped or have expired, or the clock of this host is wrong. See who you are (aws sts get-caller-identity), then set new ones: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary ones, AWS_SESSION_TOKEN.",
	};
}

function ssoExpired(_fault: AwsFault, target: Target): Words {
	const option = target.profile === undefined ? "" : ` --profile ${shellWord(target.profile)}`;
	return {
		message: `the AWS SSO session has expired or is missing (${target.place})`,
		cure: `Log in again: aws sso login${option}`,
	};
}

// In one unit, which is enough to find the mistake.
function skewWords(skewMs: number): string {
	const minutes = Math.round(Math.abs(skewMs) / 60_000);
	const [count, unit] =
		minutes >= 2880
			? [Math.round(minutes / 1440), "days"]
			: minutes >= 120
				? [Math.round(minutes / 60), "hours"]
				: [minutes, "minutes"];
	return `${count} ${unit} ${skewMs > 0 ? "behind" : "ahead of"} that of AWS`;
}

function roleDenied({ details, reason }: AwsFault, { profile, role }: Target): Words {
	const { caller } = details;
	// A profile may take on a role by itself.
	const arn = details.role ?? role?.arn;
	const setting =
		arn === role?.arn ? "aws.assume_role.external_id" : `external_id in profile ${profile ?? "default"}`;
	const condition =
		role?.externalId === undefined || arn !== role.arn
			? `Where that demands an external id, set ${setting}.`
			: `It must demand no other external id than ${setting}.`;
	return {
		message: `AWS does not let ${caller ?? "us"} take on the role ${arn} (sts:AssumeRole, ${reason})`,
		cure: `Allow sts:AssumeRole on ${arn} in the policy of ${caller ?? UNKNOWN}, and let the trust policy of the role name it too. ${condition}`,
	};
}
