import {
	complain,
	countUpTo,
	mappingOf,
	oneOf,
	type Reader,
	readCommand,
	readDuration,
	readWord,
} from "./fields.ts";
import type { ChangeReaction, Readiness } from "./secret-map.ts";
import { readSignal } from "./signals.ts";

const readPlain = oneOf(["restart", "exit", "ignore"]);

/** The status for whoever is to start it again: none of those that tell of a mistake. */
const EXIT_STATUS = 75;

export const DETAILED = { signal: readSignal, exec: readCommand, exit: countUpTo(255) };
const readDetailed = mappingOf(DETAILED);

/** `restart`, `exit`, `ignore`, `{ signal: HUP }`, `{ exec: [COMMAND, ARG] }` or `{ exit: STATUS }`. */
export const readOnChange: Reader<ChangeReaction> = (node, label, context) => {
	if (node.kind === "mapping") {
		const { exec, exit, signal } = readDetailed(node, label, context) ?? {};
		if (node.pairs.length !== 1)
			return complain(node, `${label} holds one of ${Object.keys(DETAILED).join(", ")}`, context);
		if (signal !== undefined) return { kind: "signal", signal };
		if (exec !== undefined) return { kind: "exec", command: exec };
		return exit === undefined ? undefined : { kind: "exit", status: exit };
	}
	if (node.kind === "scalar" && ["signal", "exec"].includes(node.text))
		return complain(node, `${label}: say which: { signal: HUP }, or { exec: [COMMAND, ARG] }`, context);
	const kind = readPlain(node, label, context);
	return kind === "exit" ? { kind, status: EXIT_STATUS } : kind && { kind };
};

const readUrl: Reader<string> = (node, label, context) => {
	const text = readWord(node, label, context);
	if (text === undefined || /^https?:$/.test(URL.parse(text)?.protocol ?? "")) return text;
	return complain(node, `${label} must be a URL: http://127.0.0.1:8080/healthz`, context);
};

const readAddress: Reader<string> = (node, label, context) => {
	const text = readWord(node, label, context);
	if (text === undefined || /^(?:\[[\da-fA-F:.]+\]|[^\s:]+):\d{1,5}$/.test(text)) return text;
	return complain(node, `${label} must be HOST:PORT: 127.0.0.1:8080`, context);
};

export const CHECKS = { http: readUrl, tcp: readAddress, exec: readCommand, notify: oneOf(["true"]) };
const readChecks = mappingOf({ ...CHECKS, timeout: readDuration });

/** One of `http: URL`, `tcp: HOST:PORT`, `exec: [COMMAND, ARG]` and `notify: true`, and perhaps a `timeout`. */
export const readReady: Reader<Readiness> = (node, label, context) => {
	const before = context.problems.count;
	const fields = readChecks(node, label, context);
	if (fields === undefined || context.problems.count > before) return undefined;
	const { notify, timeout: timeoutMs, ...others } = fields;
	const checks = { ...others, ...(notify === undefined ? {} : { notify: true }) };
	if (Object.keys(checks).length !== 1)
		return complain(node, `${label} holds one of ${Object.keys(CHECKS).join(", ")}`, context);
	return { ...checks, ...(timeoutMs === undefined ? {} : { timeoutMs }) } as Readiness;
};
