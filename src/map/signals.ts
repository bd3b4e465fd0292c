import { constants } from "node:os";
import { complain, type Reader, readText, shown } from "./fields.ts";
import type { YamlNode } from "./node.ts";
import { suggestion } from "./suggest.ts";

/** Those that dsta-run never forwards: see src/launch/signals.ts. */
export const KEPT = "KILL STOP ILL TRAP ABRT BUS FPE SEGV SYS CHLD PIPE XFSZ".split(" ");

/** Drops a signal. */
const NONE = "none";

/** A signal by its name, with or without SIG. */
export const readSignal: Reader<number> = (node, label, context) => {
	const text = readText(node, label, context);
	if (text === undefined) return undefined;
	return numberOf(text) ?? complain(node, noSignal(text, label, signalNames()), context);
};

/** A signal that dsta-run gets and may keep for itself. */
export const readKeptSignal: Reader<number> = (node, label, context) => {
	const signal = readSignal(node, label, context);
	const name = KEPT.find((name) => constants.signals[`SIG${name}` as NodeJS.Signals] === signal);
	return name === undefined ? signal : complain(node, `${label}: ${name} does not reach dsta-run`, context);
};

/** What is forwarded in the place of which signal, by their numbers; 0 for nothing at all. */
export const readRewriting: Reader<ReadonlyMap<number, number>> = (node, label, context) => {
	if (node.kind !== "mapping")
		return complain(node, `${label} holds lines such as TERM: QUIT, or TERM: ${NONE}`, context);
	const rewriting = new Map<number, number>();
	for (const { key, value } of node.pairs) {
		const name = bareName(key.text);
		const from = numberOf(key.text);
		const to = isNone(value) ? 0 : readSignal(value, `${label}.${key.text}`, context);
		if (from === undefined) complain(key, noSignal(key.text, label, signalNames()), context);
		else if (KEPT.includes(name)) complain(key, `${label}: ${name} is never forwarded`, context);
		else if (rewriting.has(from)) complain(key, `${label} names ${name} twice`, context);
		else if (to !== undefined) rewriting.set(from, to);
	}
	return rewriting;
};

function isNone(node: YamlNode): boolean {
	return node.kind === "scalar" && node.text.toLowerCase() === NONE;
}

function signalNames(): readonly string[] {
	return Object.keys(constants.signals).map(bareName);
}

function numberOf(name: string): number | undefined {
	return constants.signals[`SIG${bareName(name)}` as NodeJS.Signals];
}

function bareName(text: string): string {
	return text.replace(/^SIG/i, "");
}

function noSignal(text: string, label: string, names: readonly string[]): string {
	return `${label}: ${shown(text)} is no signal${suggestion(bareName(text), names)}`;
}
