import { MAX_EVERY_MS, parseDuration } from "./duration.ts";
import {
	complain,
	listOf,
	mappingOf,
	type Reader,
	readCommand,
	readDuration,
	readPause,
	readWord,
	shown,
} from "./fields.ts";
import { GENERATORS, parseGenerator } from "./generator.ts";
import { parseInstance } from "./instance.ts";
import type { RotateSettings } from "./secret-map.ts";

type Setting<K extends keyof RotateSettings> = Reader<NonNullable<RotateSettings[K]>>;

const COMMAND = "{ command: [COMMAND, ARG] }";

const readHook: Setting<"verify"> = (node, label, context) => {
	const before = context.problems.count;
	const { command } = mappingOf({ command: readCommand })(node, label, context) ?? {};
	if (command !== undefined || context.problems.count > before) return command && { command };
	return complain(node, `${label} needs a command: ${COMMAND}`, context);
};

const readGenerate: Setting<"generate"> = (node, label, context) => {
	if (node.kind === "mapping") return readHook(node, label, context);
	const text = readWord(node, label, context);
	if (text === undefined || parseGenerator(text) !== undefined) return text;
	return complain(node, `${label} ${shown(text)} is none of ${GENERATORS.join(", ")}, ${COMMAND}`, context);
};

const readInstance: Reader<string> = (node, label, context) => {
	const text = readWord(node, label, context);
	if (text === undefined || parseInstance(text) !== undefined) return text;
	return complain(
		node,
		`${label} must be http://HOST:PORT, https://HOST:PORT, HOST:PORT or unix:/PATH/OF.sock, or a list of these`,
		context,
	);
};

export const RESTART = { command: readCommand, wait_for: listOf(readInstance), timeout: readDuration };

const readRestart: Setting<"restart"> = (node, label, context) => {
	const before = context.problems.count;
	const { command, timeout, wait_for: waitFor } = mappingOf(RESTART)(node, label, context) ?? {};
	if (context.problems.count > before) return undefined;
	if (command !== undefined && waitFor === undefined && timeout === undefined) return { command };
	if (command === undefined && waitFor !== undefined)
		return { waitFor, ...(timeout === undefined ? {} : { timeoutMs: timeout }) };
	return complain(node, `${label} holds a command, or wait_for and perhaps a timeout`, context);
};

export const REVOKE = { command: readCommand, after: readPause };

const readRevoke: Setting<"revoke"> = (node, label, context) => {
	const before = context.problems.count;
	const { after, command } = mappingOf(REVOKE)(node, label, context) ?? {};
	if (context.problems.count > before) return undefined;
	if (command !== undefined) return { command, ...(after === undefined ? {} : { afterMs: after }) };
	return complain(node, `${label} needs a command: ${COMMAND}`, context);
};

const readEvery: Reader<number> = (node, label, context) => {
	const text = readWord(node, label, context);
	if (text === undefined) return undefined;
	const everyMs = parseDuration(text, MAX_EVERY_MS);
	if (everyMs !== undefined && everyMs > 0) return everyMs;
	return complain(node, `${label} must be a duration of up to 3650d: 90d, 12h`, context);
};

export const ROTATE = {
	every: readEvery,
	generate: readGenerate,
	restart: readRestart,
	verify: readHook,
	revoke: readRevoke,
};

const readSettings = mappingOf(ROTATE);

/** How secrets are rotated: those of a whole map, or one of them. */
export const readRotate: Reader<RotateSettings> = (node, label, context) => {
	const fields = readSettings(node, label, context);
	if (fields === undefined) return undefined;
	const { every, ...settings } = fields;
	return { ...settings, ...(every === undefined ? {} : { everyMs: every }) };
};
