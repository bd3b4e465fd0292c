import type {
	BatchGetSecretValueCommandOutput,
	CreateSecretCommandOutput,
	DescribeSecretCommandOutput,
	GetSecretValueCommandOutput,
	ListSecretsCommandOutput,
	ListSecretVersionIdsCommandOutput,
	PutSecretValueCommandOutput,
} from "@aws-sdk/client-secrets-manager";
import type { Stored } from "./content.ts";
import { notOfAws } from "./fault.ts";

// The SDK takes what an answer says for what its types say, and whatever stands at an endpoint may have answered.

/** An answer with a secret in it; one without a value is none of AWS's. */
export function checkSecret(answer: GetSecretValueCommandOutput): GetSecretValueCommandOutput {
	insist(hasValue(answer) && isTextIfAny(answer.VersionId));
	return answer;
}

/** Whether a secret has a value, as each that AWS gives does. */
export function hasValue({ SecretBinary, SecretString }: Stored): boolean {
	return SecretString === undefined ? SecretBinary instanceof Uint8Array : typeof SecretString === "string";
}

/** An answer to a batch. Its lists may be missing, and values in them: what a batch does not tell is asked for alone. */
export function checkBatch(answer: BatchGetSecretValueCommandOutput): BatchGetSecretValueCommandOutput {
	const { Errors = [], NextToken, SecretValues = [] } = answer;
	insist(areObjects(Errors) && areObjects(SecretValues) && isTextIfAny(NextToken));
	insist(SecretValues.every(({ VersionId }) => isTextIfAny(VersionId)));
	return answer;
}

/** An answer with a page of names. */
export function checkList(answer: ListSecretsCommandOutput): ListSecretsCommandOutput {
	const { NextToken, SecretList } = answer;
	insist(areObjects(SecretList) && isTextIfAny(NextToken));
	insist(SecretList.every(({ Name }) => typeof Name === "string"));
	return answer;
}

/** An answer to a write: AWS names the version that it made. */
export function checkWritten<Output extends CreateSecretCommandOutput | PutSecretValueCommandOutput>(
	answer: Output,
): Output {
	insist(typeof answer.VersionId === "string");
	return answer;
}

/** An answer about a secret, with its tags. */
export function checkDescription(answer: DescribeSecretCommandOutput): DescribeSecretCommandOutput {
	const { Name, Tags = [] } = answer;
	insist(typeof Name === "string" && areObjects(Tags));
	return answer;
}

/** An answer with a page of versions. */
export function checkVersions(answer: ListSecretVersionIdsCommandOutput): ListSecretVersionIdsCommandOutput {
	const { NextToken, Versions } = answer;
	insist(areObjects(Versions) && isTextIfAny(NextToken));
	insist(
		Versions.every(
			({ VersionId, VersionStages = [] }) => typeof VersionId === "string" && Array.isArray(VersionStages),
		),
	);
	return answer;
}

function insist(isRight: boolean): asserts isRight {
	if (!isRight) throw notOfAws(200);
}

function areObjects<T>(list: readonly T[] | undefined): list is readonly T[] {
	return Array.isArray(list) && list.every((item) => typeof item === "object" && item !== null);
}

function isTextIfAny(text: unknown): boolean {
	return text === undefined || typeof text === "string";
}
