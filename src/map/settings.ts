import { LISTEN_ADDRESS_FORM, NO_ADDRESS, parseListenAddress } from "../listen-address.ts";
import { AWS, AWS_OF_ENTRY, checkAws } from "./aws-settings.ts";
import { readOnChange, readReady } from "./change.ts";
import {
	booleanOr,
	complain,
	countUpTo,
	listOf,
	mappingOf,
	oneOf,
	type Reader,
	readBoolean,
	readDuration,
	readPause,
	readText,
	readWord,
	type Schema,
	shown,
} from "./fields.ts";
import { type BackendSettings, RUN_MODES, type RunSettings } from "./secret-map.ts";
import { readKeptSignal, readRewriting, readSignal } from "./signals.ts";
import { suggestion } from "./suggest.ts";
import { readVaultAuth } from "./vault-auth.ts";
import { readKv, readVaultEntry } from "./vault-entry.ts";

/** The name of a backend of this build. */
export const readBackend: Reader<string> = (node, label, context) => {
	const name = readText(node, label, context);
	if (name === undefined || context.backends.includes(name)) return name;
	return complain(
		node,
		`${label}: ${shown(name)} is no backend${suggestion(name, context.backends)}`,
		context,
	);
};

/** Backends in the order of asking, each once. */
export const readChain: Reader<readonly string[]> = (node, label, context) => {
	const chain = listOf(readBackend)(node, label, context);
	if (chain === undefined || new Set(chain).size === chain.length) return chain;
	return complain(node, `${label} names a backend twice`, context);
};

const readReaction = oneOf(["next", "stop"]);

/** What follows a failed read. */
export const POLICY = { unavailable: readReaction, denied: readReaction };
export const readPolicy = mappingOf(POLICY);

/** Settings of one entry per backend name. */
export const ENTRY_SETTINGS = {
	vault: readVaultEntry,
	aws: mappingOf(AWS_OF_ENTRY),
} satisfies Schema;

/** How many times a request is made again after its first attempt. */
const readRetries = countUpTo(10);

const readAws: Reader<BackendSettings> = (node, label, context) => {
	if (node.kind === "mapping") checkAws(node, label, context);
	return inMilliseconds(AWS)(node, label, context);
};

/** What `vault:` holds for the whole map. */
export const VAULT = {
	address: readWord,
	mount: readWord,
	kv: readKv,
	namespace: readText,
	timeout: readDuration,
	attempt_timeout: readDuration,
	retries: readRetries,
	auth: readVaultAuth,
	cacert: readWord,
	capath: readWord,
	client_cert: readWord,
	client_key: readWord,
	tls_server_name: readWord,
	skip_verify: readBoolean,
	revoke: readBoolean,
} satisfies Schema;

/** What `env:` holds. */
export const ENV = { file: readWord, export: readBoolean } satisfies Schema;

/** Settings of the whole map per backend name. */
export const BACKEND_SETTINGS = {
	vault: inMilliseconds(VAULT),
	aws: readAws,
	env: mappingOf(ENV),
} satisfies Schema;

const readVariable: Reader<string> = (node, label, context) => {
	const name = readWord(node, label, context);
	if (name === undefined || !/[=\0]/.test(name)) return name;
	return complain(node, `${label} holds names of variables, with * for any characters`, context);
};

/** How often it is looked whether secrets have changed, where `true` alone is said. */
export const DEFAULT_WATCH_MS = 60_000;

const readWatch: Reader<number | false> = (node, label, context) => {
	if (node.kind !== "scalar" || !/^[a-z]+$/i.test(node.text)) return readDuration(node, label, context);
	const isOn = readBoolean(node, label, context);
	return isOn && DEFAULT_WATCH_MS;
};

const readListenAddress: Reader<string> = (node, label, context) => {
	const text = readWord(node, label, context);
	if (text === undefined || text === NO_ADDRESS || parseListenAddress(text) !== undefined) return text;
	return complain(node, `${label} must be ${LISTEN_ADDRESS_FORM}; or ${NO_ADDRESS}`, context);
};

/** The keys of `run:`. */
export const RUN = {
	mode: oneOf(RUN_MODES),
	notify: booleanOr("command"),
	pristine: readBoolean,
	redact: readBoolean,
	pass: listOf(readVariable),
	strip: listOf(readVariable),
	keep_files: readBoolean,
	watch: readWatch,
	on_change: readOnChange,
	on_absent: oneOf(["ignore", "change"]),
	stop_signal: readSignal,
	stop_timeout: readDuration,
	settle: readPause,
	splay: readPause,
	probation: readPause,
	ready: readReady,
	reload_signal: readKeptSignal,
	metrics: readListenAddress,
	signals: readRewriting,
	kill_after: readDuration,
	subreaper: readBoolean,
	on_orphan: readSignal,
} satisfies Schema;

const readRunFields = mappingOf(RUN);

/** How the command is run. */
export const readRun: Reader<RunSettings> = (node, label, context) => {
	const fields = readRunFields(node, label, context);
	if (fields === undefined) return undefined;
	return Object.fromEntries(
		Object.entries(fields).map(([key, value]) => [RENAMED[key] ?? key, value]),
	) as RunSettings;
};

/** What has another name than its key. */
const RENAMED: Readonly<Record<string, keyof RunSettings | undefined>> = {
	keep_files: "keepFiles",
	kill_after: "killAfterMs",
	on_absent: "onAbsent",
	on_change: "onChange",
	on_orphan: "onOrphan",
	probation: "probationMs",
	reload_signal: "reloadSignal",
	settle: "settleMs",
	splay: "splayMs",
	stop_signal: "stopSignal",
	stop_timeout: "stopTimeoutMs",
};

/** The settings among read fields, per backend name, as far as there are any. */
export function pickSettings(
	fields: Readonly<Record<string, unknown>>,
	schema: Schema,
): Readonly<Record<string, BackendSettings>> {
	const given = Object.keys(schema).filter((name) => fields[name] !== undefined);
	return Object.fromEntries(given.map((name) => [name, fields[name] as BackendSettings]));
}

/** A mapping whose durations have `Ms` at the end of their names. */
function inMilliseconds<S extends Schema>(schema: S): Reader<BackendSettings> {
	const read = mappingOf(schema);
	return (node, label, context) => {
		const fields = read(node, label, context);
		if (fields === undefined) return undefined;
		const settings = Object.entries(fields as BackendSettings);
		return Object.fromEntries(settings.map(([key, value]) => [DURATIONS[key] ?? key, value]));
	};
}

const DURATIONS: Readonly<Record<string, string | undefined>> = {
	timeout: "timeoutMs",
	attempt_timeout: "attemptTimeoutMs",
};
