import {
	type Context,
	complain,
	countUpTo,
	listOf,
	mappingOf,
	oneOf,
	type Reader,
	readDuration,
	readText,
	readWord,
	type Schema,
} from "./fields.ts";
import { findPair, type MappingNode } from "./node.ts";

/** A role whose credentials are to be taken on. */
export interface AssumeRole {
	readonly roleArn: string;
	readonly externalId?: string | undefined;
	readonly sessionName?: string | undefined;
	readonly durationMs?: number | undefined;
}

export const ASSUME_ROLE = {
	role_arn: matching(
		/^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/,
		"like arn:aws:iam::123456789012:role/NAME",
	),
	external_id: matching(/^[\w+=,.@:/-]{2,1224}$/, "2 to 1224 letters, digits and _+=,.@:/-"),
	session_name: matching(/^[\w+=,.@-]{2,64}$/, "2 to 64 letters, digits and _+=,.@-"),
	duration: readSessionDuration,
};

const readRoleFields = mappingOf(ASSUME_ROLE);

const readAssumeRole: Reader<AssumeRole> = (node, label, context) => {
	const fields = readRoleFields(node, label, context);
	if (fields === undefined || node.kind !== "mapping") return undefined;
	const {
		duration: durationMs,
		external_id: externalId,
		role_arn: roleArn,
		session_name: sessionName,
	} = fields;
	if (roleArn !== undefined) return { roleArn, externalId, sessionName, durationMs };
	if (findPair(node, "role_arn") !== undefined) return undefined;
	return complain(node, `${label} needs the role to take on: role_arn: arn:aws:iam::…`, context);
};

const readRegions: Reader<readonly string[]> = (node, label, context) => {
	const regions = listOf(readWord)(node, label, context);
	if (regions === undefined || new Set(regions).size === regions.length) return regions;
	return complain(node, `${label} names a region twice`, context);
};

/** What `aws:` holds for the whole map. */
export const AWS = {
	region: readWord,
	regions: readRegions,
	prefix: readText,
	profile: readWord,
	endpoint: readWord,
	assume_role: readAssumeRole,
	timeout: readDuration,
	attempt_timeout: readDuration,
	retries: countUpTo(10),
	retry_mode: oneOf(["standard", "adaptive"]),
} satisfies Schema;

/** Notes what of the whole map's `aws:` excludes each other. */
export function checkAws(mapping: MappingNode, label: string, context: Context): void {
	const regions = findPair(mapping, "regions");
	if (regions === undefined) return;
	if (findPair(mapping, "region") !== undefined)
		complain(regions.key, `${label} has both region and regions; keep one of them`, context);
	const endpoint = findPair(mapping, "endpoint")?.value;
	if (endpoint?.kind === "scalar" && !endpoint.text.includes("{region}"))
		complain(
			endpoint,
			`${label}.endpoint must say {region} in the place of each of ${label}.regions`,
			context,
		);
}

/** What `aws:` holds in one entry. */
export const AWS_OF_ENTRY = {
	region: readWord,
	prefix: readText,
	stage: matching(/^.{1,256}$/u, "the name of a stage, such as AWSPREVIOUS"),
	version_id: matching(/^[\dA-Za-z-]{32,64}$/, "the id of a version, 32 to 64 letters, digits and hyphens"),
} satisfies Schema;

/** Notes what of an entry pins two versions at AWS: a number in `version` is one of Vault's. */
export function checkVersions(entry: MappingNode, context: Context): void {
	const aws = findPair(entry, "aws")?.value;
	if (aws?.kind !== "mapping") return;
	const [first, second] = aws.pairs.filter(({ key }) => key.text === "stage" || key.text === "version_id");
	if (first === undefined) return;
	if (second !== undefined)
		complain(second.key, "aws.stage and aws.version_id exclude each other; keep one of them", context);
	const version = findPair(entry, "version");
	if (version?.value.kind === "scalar" && !/^\d+$/.test(version.value.text))
		complain(
			first.key,
			`version and aws.${first.key.text} exclude each other unless version is a number, which is one of Vault's`,
			context,
		);
}

function matching(pattern: RegExp, description: string): Reader<string> {
	return (node, label, context) => {
		const text = readWord(node, label, context);
		if (text === undefined || pattern.test(text)) return text;
		return complain(node, `${label} must be ${description}`, context);
	};
}

// The limits of STS.
function readSessionDuration(...[node, label, context]: Parameters<Reader<number>>): number | undefined {
	const durationMs = readDuration(node, label, context);
	if (durationMs === undefined || (durationMs >= 900_000 && durationMs <= 43_200_000)) return durationMs;
	return complain(node, `${label} must be between 15m and 12h`, context);
}
