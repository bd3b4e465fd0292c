import type { SecretPath } from "../secret-path.ts";
import {
	type Context,
	complain,
	mappingOf,
	oneOf,
	type Reader,
	readText,
	readWord,
	type Schema,
	shown,
} from "./fields.ts";
import { findPair, type MappingNode, type YamlNode } from "./node.ts";
import type { BackendSettings } from "./secret-map.ts";

/** The version of a KV engine; `auto` finds out. */
export const readKv: Reader<"auto" | 1 | 2> = (node, label, context) => {
	const word = oneOf(["auto", "1", "2"])(node, label, context);
	return word === "1" ? 1 : word === "2" ? 2 : word;
};

/** What is sent with a request, as JSON text. Vault makes of a text what it takes, so that every scalar stays as it is written. */
const readData: Reader<string> = (node, label, context) => {
	if (node.kind !== "mapping")
		return complain(node, `${label} holds what is sent with the request: { ttl: 1h }`, context);
	const before = context.problems.count;
	const data = readTree(node, label, context);
	return context.problems.count > before ? undefined : JSON.stringify(data);
};

type Tree = string | readonly Tree[] | { readonly [key: string]: Tree };

function readTree(node: YamlNode, label: string, context: Context): Tree {
	if (node.kind === "list") return node.items.map((item) => readTree(item, label, context));
	if (node.kind === "scalar") return readText(node, label, context) ?? "";
	const entries = new Map<string, Tree>();
	for (const { key, value } of node.pairs) {
		if (entries.has(key.text)) complain(key, `${label} has ${shown(key.text)} twice`, context);
		entries.set(key.text, readTree(value, `${label}.${key.text}`, context));
	}
	return Object.fromEntries(entries);
}

export const VAULT_ENTRY = {
	mount: readWord,
	kv: readKv,
	namespace: readText,
	engine: oneOf(["kv", "raw"]),
	method: oneOf(["GET", "POST"]),
	data: readData,
} satisfies Schema;

const readFieldsOfVault = mappingOf(VAULT_ENTRY);

/** What an entry says of Vault: where its KV engine is, or how to ask another engine (`engine: raw`). */
export const readVaultEntry: Reader<BackendSettings> = (node, label, context) => {
	const fields = readFieldsOfVault(node, label, context);
	if (node.kind !== "mapping" || fields === undefined) return fields;
	const isRaw = fields.engine === "raw";
	for (const { key } of node.pairs)
		if (isRaw && (key.text === "mount" || key.text === "kv"))
			complain(
				key,
				`${key.text} is of a KV engine; with engine: raw the path begins with the mount`,
				context,
			);
		else if (!isRaw && (key.text === "method" || key.text === "data"))
			complain(key, `${key.text} is for engines other than KV: add engine: raw, or leave it out`, context);
	if (isRaw && fields.method !== "POST") checkQuery(node, label, context);
	return fields;
};

// A query has no other form for them.
function checkQuery(vault: MappingNode, label: string, context: Context): void {
	const data = findPair(vault, "data")?.value;
	for (const { key, value } of data?.kind === "mapping" ? data.pairs : []) {
		const items = value.kind === "list" ? value.items : [value];
		if (items.some(({ kind }) => kind !== "scalar"))
			complain(
				value,
				`${label}.data.${key.text} must be a text or a list of texts, unless there is method: POST`,
				context,
			);
	}
}

/** Notes what does not go with `engine: raw` in the rest of an entry. */
export function checkRawEntry(entry: MappingNode, path: SecretPath, { problems }: Context): void {
	const vault = findPair(entry, "vault")?.value;
	const engine = vault?.kind === "mapping" ? findPair(vault, "engine") : undefined;
	if (engine?.value.kind !== "scalar" || engine.value.text !== "raw") return;
	const version = findPair(entry, "version");
	if (version !== undefined)
		problems.add(version.key.offset, "version is of a KV engine, and excludes engine: raw");
	if (path.secret.startsWith("auth/"))
		problems.add(engine.key.offset, `${path.text} logs in, and gives a token: that is for vault.auth`);
}
