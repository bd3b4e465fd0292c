import { parseDuration } from "../../map/duration.ts";
import {
	createDraft,
	type Draft,
	type DraftBuilder,
	lineAt,
	noteOnCapitals,
	type Place,
	type Reason,
} from "./draft.ts";
import { blocksOf, type HclBody, type HclValue, isBody, lastValue, parseHcl } from "./hcl.ts";
import { vaultPlace } from "./vault-path.ts";

/**
 * Makes a draft of a configuration of envconsul: its `secret` blocks, and what of its settings has a counterpart.
 * https://github.com/hashicorp/envconsul#configuration-file
 * @throws {DstaError} DSTA_CONFIG it is none
 */
export function readEnvconsul(text: string, { file }: { readonly file: string }): Draft {
	const draft = createDraft();
	const config = parseHcl(text, file);
	const isOn = (key: string) => lastValue(config, key) === true;
	const naming: Naming = { upcase: isOn("upcase"), sanitize: isOn("sanitize") };
	draft.settings.pristine = isOn("pristine");
	for (const { key, offset, value } of config.pairs) {
		const line = lineAt(text, offset);
		const bodies = [value].flat().filter(isBody);
		if (key === "secret") for (const body of bodies) addSecret(draft, body, { naming, line });
		else if (key === "vault") for (const body of bodies) readVault(draft, body, line);
		else if (key === "exec") for (const body of bodies) readExec(draft, body, line);
		else if (/^(?:prefix|service|consul)$/.test(key)) draft.leave(key, CONSUL, line);
		else if (!/^(?:upcase|sanitize|pristine)$/.test(key)) draft.leave(key, NO_COUNTERPART, line);
	}
	return draft;
}

const CONSUL = {
	why: "is about Consul, which dsta-run does not read",
	instead: "move what the program needs of it to Vault or AWS, or set it in the environment",
};

const NO_COUNTERPART = {
	why: "has no counterpart of its name in a map",
	instead: "see whether it is needed: run: of a map says how the command is run",
};

interface Naming {
	readonly upcase: boolean;
	readonly sanitize: boolean;
}

interface Context {
	readonly naming: Naming;
	readonly line: number;
}

function addSecret(draft: DraftBuilder, secret: HclBody, { line, naming }: Context): void {
	const path = textOf(lastValue(secret, "path"));
	// As there: a block without a path says nothing.
	if (path === "") return;
	const prefix = lastValue(secret, "no_prefix") === true ? "" : `${path.replace(/\W/g, "_")}_`;
	const format = textOf(lastValue(secret, "format"));
	const keys = format === "" ? blocksOf(secret, "key") : [];
	for (const key of keys) {
		const name = textOf(lastValue(key, "name"));
		const formatted = applyFormat(textOf(lastValue(key, "format")), name);
		const variable = toName(prefix + (formatted ?? name), naming);
		draft.add(variable, formatted === undefined ? FORMAT : placeFor(path, name), line);
	}
	if (keys.length > 0) return;
	const pattern = applyFormat(format, `${prefix}*`);
	const hasPattern = pattern?.endsWith("*") === true;
	draft.add(hasPattern ? toName(pattern, naming) : path, hasPattern ? placeFor(path, "*") : FORMAT, line);
	if (!naming.upcase) draft.note(noteOnCapitals("envconsul without upcase"));
}

function placeFor(path: string, key: string): Place | Reason {
	return path.includes("{{") ? TEMPLATE : vaultPlace(path, key);
}

/** What a format makes of a key; `undefined` where it holds more than one place for it. */
function applyFormat(format: string, key: string): string | undefined {
	if (format === "") return key;
	const parts = format.split(/\{\{-?\s*key\s*-?\}\}/);
	return parts.length === 2 && !parts.some((part) => part.includes("{{")) ? parts.join(key) : undefined;
}

function toName(name: string, { sanitize, upcase }: Naming): string {
	const clean = sanitize ? name.replace(/[^\w*]/g, "_") : name;
	return upcase ? clean.toUpperCase() : clean;
}

function textOf(value: HclValue | undefined): string {
	return typeof value === "string" ? value : "";
}

const FORMAT = {
	why: "has a format that is more than something before {{ key }}",
	instead: "write a line for each of its keys: SECRET/KEY: NAME",
};

const TEMPLATE = {
	why: "has a path with a template in it",
	instead: "write the line by hand, with the path that it gives",
};

function readVault({ leave, settings }: DraftBuilder, vault: HclBody, line: number): void {
	for (const { key, value } of vault.pairs) {
		if (key === "address" && typeof value === "string") settings.address = value;
		else if (key === "namespace" && typeof value === "string") settings.namespace = value;
		else leave(`vault.${key}`, /token|k8s/.test(key) ? LOGIN : NO_COUNTERPART, line);
	}
}

const LOGIN = {
	why: "is about the login, which was not copied",
	instead: "set VAULT_TOKEN, or say how to log in: vault: { auth: { … } }",
};

function readExec(draft: DraftBuilder, exec: HclBody, line: number): void {
	for (const { key, value } of exec.pairs) {
		if (key === "kill_timeout" && typeof value === "string" && parseDuration(value))
			draft.settings.killAfter = value;
		else if (key === "env" && isBody(value)) readExecEnvironment(draft, value, line);
		else draft.leave(`exec.${key}`, key === "command" ? COMMAND : NO_COUNTERPART, line);
	}
}

const COMMAND = { why: "is what a map does not hold", instead: "write it after --: dsta-run -- COMMAND" };

function readExecEnvironment({ leave, settings }: DraftBuilder, env: HclBody, line: number): void {
	const patterns = (value: HclValue) => [value].flat().filter((one) => typeof one === "string");
	for (const { key, value } of env.pairs) {
		if (key === "pristine") settings.pristine ||= value === true;
		else if (/^(?:deny|black)list$/.test(key)) settings.strip = patterns(value);
		else if (/^(?:allow|white)list$/.test(key))
			Object.assign(settings, { pristine: true, pass: patterns(value) });
		else leave(`exec.env.${key}`, CUSTOM, line);
	}
}

const CUSTOM = {
	why: "may hold values, which were not copied",
	instead: "set these variables where the program is started",
};
