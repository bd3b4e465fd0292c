import {
	type Context,
	complain,
	listOf,
	mappingOf,
	oneOf,
	type Reader,
	readBoolean,
	readText,
	readWord,
	type Schema,
	shown,
} from "./fields.ts";
import { isName } from "./names.ts";
import { findPair, type MappingNode } from "./node.ts";
import type { BackendSettings } from "./secret-map.ts";

/** What each way to log in to Vault must be told in the map, and what it may be told. */
export const METHODS = {
	credential: { needs: ["credential"], takes: [] },
	token_file: { needs: ["token_file"], takes: [] },
	approle: { needs: [], takes: ["role_id", "secret_id", "wrapped", "mount", "namespace"] },
	kubernetes: { needs: ["role"], takes: ["token", "mount", "namespace"] },
	jwt: { needs: ["token"], takes: ["role", "mount", "namespace"] },
	oidc: { needs: ["token"], takes: ["role", "mount", "namespace"] },
	aws: { needs: [], takes: ["role", "region", "header", "mount", "namespace"] },
	userpass: { needs: ["username", "password"], takes: ["mount", "namespace"] },
	cert: { needs: [], takes: ["role", "mount", "namespace"] },
	command: { needs: ["command"], takes: [] },
} as const satisfies Readonly<Record<string, { needs: readonly string[]; takes: readonly string[] }>>;

/** `vault.auth` as the backend gets it: its keys in camel case. */
type Auth = Exclude<BackendSettings[string], string | number | boolean | undefined | readonly unknown[]>;

type Method = keyof typeof METHODS;
const METHOD_NAMES = Object.keys(METHODS) as Method[];

/** The name of a credential of a systemd unit, by the rule of systemd, which makes a file of it. */
export const readCredential: Reader<string> = (node, label, context) => {
	const name = readWord(node, label, context);
	if (name === undefined || /^(?!\.{1,2}$)[^/\0]+$/.test(name)) return name;
	return complain(node, `${label} is the name of a credential, which ${shown(name)} cannot be`, context);
};

const readVariable: Reader<string> = (node, label, context) => {
	const name = readWord(node, label, context);
	if (name === undefined || isName(name)) return name;
	return complain(node, `${label} is the name of a variable, which ${shown(name)} cannot be`, context);
};

export const PLACES = { env: readVariable, file: readWord, credential: readCredential };
const readPlaces = mappingOf(PLACES);

/** Where the text of a secret lies. */
type Source = NonNullable<ReturnType<typeof readPlaces>>;

const readSource: Reader<Source> = (node, label, context) => {
	const places = "{ env: NAME }, { file: PATH } or { credential: NAME }";
	// What was given is not shown: it may be the secret itself.
	if (node.kind !== "mapping")
		return complain(node, `${label} is no text for a map; say where it lies: ${places}`, context);
	if (node.pairs.length === 1) return readPlaces(node, label, context);
	return complain(node, `${label} names one place: ${places}`, context);
};

const readTextOrSource: Reader<string | Source> = (node, label, context) =>
	(node.kind === "mapping" ? readSource : readWord)(node, label, context);

const readCommand: Reader<readonly string[]> = (node, label, context) => {
	if (node.kind === "list") return listOf(readText)(node, label, context);
	return complain(node, `${label} is a list of words: [vault-token, --role, api]`, context);
};

export const AUTH = {
	method: oneOf(METHOD_NAMES),
	credential: readCredential,
	token_file: readWord,
	role_id: readTextOrSource,
	secret_id: readSource,
	wrapped: readBoolean,
	role: readWord,
	token: readSource,
	username: readWord,
	password: readSource,
	region: readWord,
	header: readWord,
	command: readCommand,
	mount: readWord,
	namespace: readText,
} satisfies Schema;

/** `vault.auth`, with a method, which the keys of some methods say by themselves, and keys of that method alone. */
export const readVaultAuth: Reader<Auth> = (node, label, context) => {
	const { problems } = context;
	const before = problems.count;
	const fields = mappingOf(AUTH)(node, label, context);
	if (fields === undefined || node.kind !== "mapping") return undefined;
	const keys = node.pairs.map(({ key }) => key.text);
	const method = keys.includes("method") ? fields.method : IMPLYING.find((key) => keys.includes(key));
	if (method !== undefined) checkKeys(node, { label, method }, context);
	else if (problems.count === before)
		complain(node, `${label} needs a method: one of ${METHOD_NAMES.join(", ")}`, context);
	return problems.count > before ? undefined : inCamelCase({ ...fields, method });
};

/** The variables that `vault.auth` names: what is in them is for the login. */
export function loginVariables(settings: BackendSettings | undefined): readonly string[] {
	const sources = Object.values(settings?.auth ?? {}) as Partial<Record<"env", string>>[];
	return sources.flatMap(({ env }) => env ?? []);
}

const IMPLYING = ["credential", "token_file"] as const;

function checkKeys(
	node: MappingNode,
	{ label, method }: { readonly label: string; readonly method: Method },
	{ problems }: Context,
): void {
	const { needs, takes } = METHODS[method];
	const allowed: readonly string[] = ["method", ...needs, ...takes];
	for (const { key } of node.pairs)
		if (Object.hasOwn(AUTH, key.text) && !allowed.includes(key.text))
			problems.add(key.offset, `${label}.${key.text} is not for the method ${method}`);
	const missing = needs.filter((key) => findPair(node, key) === undefined);
	if (missing.length > 0)
		problems.add(node.offset, `${label} with the method ${method} needs ${missing.join(" and ")}`);
}

function inCamelCase(fields: Readonly<Record<string, unknown>>): Auth {
	const toCamel = (key: string) => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
	const entries = Object.entries(fields).map(([key, value]) => [toCamel(key), value]);
	return Object.fromEntries(entries) as Auth;
}
