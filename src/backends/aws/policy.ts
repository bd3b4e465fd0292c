import { isArn, regionOfArn } from "../../secret-path.ts";
import type { ReadRequest } from "../backend.ts";
import { partitionOf, resourceOf } from "./arn.ts";
import { formsOf, versionOf } from "./names.ts";
import { type AwsSettings, overrideSettings } from "./settings.ts";

/** A statement of a policy of IAM that allows something. */
export interface Statement {
	readonly Sid: string;
	readonly Effect: "Allow";
	readonly Action: readonly string[];
	readonly Resource: readonly string[];
	/** By operator, and key of a condition. */
	readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export interface AccessOptions {
	/** The number of the account; `undefined`: any. */
	readonly account?: string | undefined;
	/** ARNs of the keys that secrets are encrypted with, where those are not AWS's own. */
	readonly kmsKeys?: readonly string[];
	/** What changes the secrets, in the place of a run, which reads them. */
	readonly forRotation?: boolean;
}

/**
 * What the requests need at AWS, as statements of a policy: the names with the prefix, and ARNs. A run asks for the names
 * without the prefix as well, and takes a denial there for absence.
 */
export function planAccess(
	requests: readonly ReadRequest[],
	settings: AwsSettings,
	{ account, forRotation = false, kmsKeys = [] }: AccessOptions,
): readonly Statement[] {
	const questions = requests.flatMap((request) => questionsOf(request, settings));
	const granted = questions.filter(({ id, isPrefixed }) => isPrefixed || isArn(id));
	if (granted.length === 0) return [];
	const resources = granted.map(({ id, region }) => resourceOf(id, { account, region }));
	const created = granted.filter(({ id, isFirst }) => isFirst && !isArn(id));
	return [
		allow(
			forRotation ? "RotateSecrets" : "ReadSecrets",
			forRotation ? ROTATING : ["secretsmanager:GetSecretValue"],
			distinct(resources),
		),
		...(forRotation ? createSecrets(created, account) : readInBatches(questions)),
		...useKeys(kmsKeys, forRotation),
	];
}

/** What those need who take on the role of the settings; nothing where there is none. */
export function planRole({ role }: AwsSettings): readonly Statement[] {
	return role === undefined ? [] : [allow("AssumeRole", ["sts:AssumeRole"], [role.arn])];
}

const ROTATING = [
	"GetSecretValue",
	"PutSecretValue",
	"UpdateSecretVersionStage",
	"ListSecretVersionIds",
	"DescribeSecret",
	"TagResource",
	"UntagResource",
].map((action) => `secretsmanager:${action}`);

interface Question {
	readonly id: string;
	/** `*`: nobody says which. */
	readonly region: string;
	readonly isPrefixed: boolean;
	/** Whether this is the first that is asked for its path. */
	readonly isFirst: boolean;
	/** Whether it goes alone: for an ARN, or a version. */
	readonly isSingle: boolean;
}

function questionsOf(request: ReadRequest, settings: AwsSettings): readonly Question[] {
	const version = versionOf(request);
	if (version === undefined) return [];
	const { prefix, region } = overrideSettings(settings, request.overrides);
	const forms = formsOf(request, prefix);
	const regions = request.overrides?.region === undefined ? [region, ...settings.replicas] : [region];
	return regions.flatMap((own) =>
		forms.map(({ id, isPrefixed }, index) => ({
			id,
			region: regionOfArn(id) ?? own ?? "*",
			isPrefixed,
			isFirst: index === 0,
			isSingle: isArn(id) || Object.keys(version).length > 0,
		})),
	);
}

// AWS has no resources for this action: each secret in a batch needs GetSecretValue all the same.
function readInBatches(questions: readonly Question[]): readonly Statement[] {
	const shared = questions.filter(({ isSingle }) => !isSingle);
	const waves = Map.groupBy(shared, ({ isFirst, region }) => `${region} ${isFirst}`);
	const isBatched = [...waves.values()].some((wave) => distinct(wave.map(({ id }) => id)).length > 1);
	return isBatched ? [allow("ReadInBatches", ["secretsmanager:BatchGetSecretValue"], ["*"])] : [];
}

// Before a secret exists it has no ARN whose end is known: its name is what the condition is about.
function createSecrets(questions: readonly Question[], account = "*"): readonly Statement[] {
	if (questions.length === 0) return [];
	const resources = questions.map(
		({ id, region }) => `arn:${partitionOf(region)}:secretsmanager:${region}:${account}:secret:${id}*`,
	);
	const names = questions.map(({ id }) => id);
	const condition = { StringEquals: { "secretsmanager:Name": distinct(names) } };
	return [allow("CreateSecrets", ["secretsmanager:CreateSecret"], distinct(resources), condition)];
}

function useKeys(keys: readonly string[], forRotation: boolean): readonly Statement[] {
	if (keys.length === 0) return [];
	const actions = forRotation ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt"];
	const services = keys.map((key) => `secretsmanager.${key.split(":")[3]}.amazonaws.com`);
	return [allow("UseKeys", actions, keys, { StringEquals: { "kms:ViaService": distinct(services) } })];
}

function allow(
	Sid: string,
	Action: readonly string[],
	Resource: readonly string[],
	Condition?: Statement["Condition"],
): Statement {
	return { Sid, Effect: "Allow", Action, Resource, ...(Condition === undefined ? {} : { Condition }) };
}

function distinct(texts: readonly string[]): readonly string[] {
	return [...new Set(texts)].sort();
}
