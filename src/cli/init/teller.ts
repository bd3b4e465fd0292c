import { findPair, type MappingNode } from "../../map/node.ts";
import { createDraft, type Draft, type DraftBuilder, lineAt, noteOnCapitals } from "./draft.ts";
import { mappingAt, mappingsAt, parseMapping, textAt } from "./tagged-yaml.ts";
import { fieldPath, vaultPlace } from "./vault-path.ts";

/**
 * Makes a draft of a .teller.yml: of version 2, whose providers have `maps`, or of version 1, with `env_sync` and `env`.
 * https://github.com/tellerops/teller#a-look-at-telleryml
 * @throws {DstaError} DSTA_CONFIG it is none
 */
export function readTeller(text: string, { file }: { readonly file: string }): Draft {
	const draft = createDraft();
	// Its templates are filled in before it is YAML; marks of the same length keep every place.
	const root = parseMapping(text.replaceAll("{{", OPEN).replaceAll("}}", CLOSE), file);
	const options = mappingAt(root, "opts");
	for (const { key, value } of mappingAt(root, "providers").pairs) {
		if (value.kind !== "mapping") continue;
		const place = lineAt(text, key.offset);
		const kind = textAt(value, "kind") ?? key.text;
		const backend = BACKENDS[kind];
		if (backend === undefined) {
			draft.leave(key.text, leftProvider(kind), place);
			continue;
		}
		const provider: Provider = { draft, backend, options, text };
		for (const map of mappingsAt(value, "maps")) addMap(provider, map);
		const sync = findPair(value, "env_sync")?.value;
		if (sync?.kind === "mapping") addSync(provider, sync);
		for (const pair of mappingAt(value, "env").pairs)
			if (pair.value.kind === "mapping") addVariable(provider, pair.key.text, pair.value);
	}
	if (findPair(root, "carry_env") === undefined && !/^\s+maps:/m.test(text)) draft.note(ISOLATED);
	return draft;
}

const OPEN = "<<";
const CLOSE = ">>";

const ISOLATED =
	"teller of version 1 hands over nothing that it inherited. If the program relies on that, add run: { pristine: true }.";

const BACKENDS: Readonly<Record<string, "vault" | "aws">> = {
	hashicorp: "vault",
	hashicorp_vault: "vault",
	aws_secretsmanager: "aws",
};

interface Provider {
	readonly draft: DraftBuilder;
	readonly backend: "vault" | "aws";
	readonly options: MappingNode;
	readonly text: string;
}

function leftProvider(kind: string) {
	if (kind === "dotenv")
		return {
			why: "is a dotenv file, whose names its file says",
			instead: "run dsta-run init --from that file for its lines, and name it in env: { file: … }",
		};
	return {
		why: `is a provider of the kind ${kind}, which dsta-run does not read`,
		instead: "move its values to Vault or AWS, and write their lines by hand",
	};
}

// Version 2: keys by name, or all of them under their own names.
function addMap(provider: Provider, map: MappingNode): void {
	const keys = mappingAt(map, "keys").pairs;
	const optional = textAt(map, "optional") === "true";
	for (const { key, value } of keys) {
		const name = value.kind === "scalar" && value.text !== "==" ? value.text : key.text;
		addField(provider, map, { key: key.text, name, optional });
	}
	if (keys.length === 0) addAll(provider, map, optional);
}

// Version 1: all keys, some of them under other names.
function addSync(provider: Provider, sync: MappingNode): void {
	const renamed = [...mappingAt(sync, "remap").pairs, ...mappingAt(sync, "remap_with").pairs];
	for (const { key, value } of renamed) {
		const name =
			value.kind === "mapping" ? textAt(value, "field") : textAt(mappingAt(sync, "remap"), key.text);
		addField(provider, sync, { key: key.text, name: name ?? key.text });
	}
	if (renamed.length === 0) addAll(provider, sync);
	else provider.draft.leave("remap", OTHERS, lineAt(provider.text, sync.offset));
}

const OTHERS = {
	why: "also hands over the keys that it does not rename",
	instead: "add a line for each of them that the program reads",
};

function addAll(provider: Provider, node: MappingNode, optional = false): void {
	addField(provider, node, { key: "*", name: "*", optional });
	provider.draft.note(noteOnCapitals("teller"));
}

function addVariable(provider: Provider, name: string, node: MappingNode): void {
	addField(provider, node, { key: textAt(node, "field") ?? name, name });
}

interface Field {
	readonly key: string;
	readonly name: string;
	readonly optional?: boolean;
}

function addField(
	{ backend, draft, options, text }: Provider,
	node: MappingNode,
	{ key, name, optional }: Field,
): void {
	const secret = fillIn(textAt(node, "path") ?? "", options)?.replace(/^\/+|\/+$/g, "");
	// Version 1 may take a secret of AWS whole.
	const path = textAt(node, "plaintext") === "true" ? secret : fieldPath(secret ?? "", key);
	const inAws = { path: path ?? "", backend: "aws" } as const;
	const found = secret === undefined ? DEPENDS : backend === "aws" ? inAws : vaultPlace(secret, key);
	draft.add(name, "why" in found || !optional ? found : { ...found, optional }, lineAt(text, node.offset));
}

const DEPENDS = {
	why: "has a path that depends on the environment ({{ … }})",
	instead: "write the path that it has there",
};

// Version 1 has its variables in opts; version 2 asks the environment, and may have a default.
function fillIn(path: string, options: MappingNode): string | undefined {
	const filled = path.replace(/<<\s*(.*?)\s*>>/g, (whole, inside: string) => {
		const option = textAt(options, inside);
		const [, fallback] = /^get_env\(.*default="([^"]*)"\)$/.exec(inside) ?? [];
		return (option?.startsWith("env:") ? undefined : option) ?? fallback ?? whole;
	});
	return filled.includes(OPEN) ? undefined : filled;
}
