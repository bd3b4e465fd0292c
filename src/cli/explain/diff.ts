import { createHmac, randomBytes } from "node:crypto";
import type { Outcome } from "../../resolve/resolve.ts";
import type { CommandResult, Host } from "../host.ts";
import { usage } from "../mistakes.ts";
import type { CommandLine } from "../options.ts";
import { renderTable } from "../report.ts";
import { resolveSide, type Side } from "./side.ts";

/**
 * Compares what two maps or environments give each name, without showing a value: by hashes with a salt of this run, which are
 * shown neither. The status is 0 where all are equal, 1 where some are not, and that of a run where a side fails.
 * @throws {DstaError} DSTA_USAGE there are not two sides · as `resolveSide`
 */
export async function explainDiff(commandLine: CommandLine, host: Host): Promise<CommandResult> {
	const [left, right, ...names] = commandLine.operands;
	if (left === undefined || right === undefined)
		throw usage(
			"--diff compares two sides",
			"Name both: dsta-run explain --diff staging.map.yaml production.map.yaml, or @staging.env @production.env",
		);
	const [a, b] = await Promise.all([left, right].map((word) => resolveSide(word, commandLine, host)));
	const all = compare(a as Side, b as Side);
	const unknown = names.find((name) => all.every((row) => row.name !== name));
	if (unknown !== undefined)
		throw usage(
			`Neither side has a name ${JSON.stringify(unknown)}`,
			"Give names of variables as they stand in the maps.",
		);
	const rows = names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
	const isSame = rows.every(({ result }) => result === "same");
	const status = Math.max((a as Side).status, (b as Side).status) || (isSame ? 0 : 1);
	return {
		status,
		output: commandLine.options.json
			? `${JSON.stringify({ status, a: left, b: right, names: rows }, undefined, 2)}\n`
			: renderTable([
					["NAME", left, right, ""],
					...rows.map((row) => [row.name, row.a, row.b, WORDS[row.result]]),
				]),
	};
}

interface Row {
	readonly name: string;
	/** The backends that have it on each side, or why none has. */
	readonly a: string;
	readonly b: string;
	readonly result: "same" | "differs" | "only-a" | "only-b" | "unknown";
}

const WORDS: Readonly<Record<Row["result"], string>> = {
	same: "same",
	differs: "differs",
	"only-a": "only the first",
	"only-b": "only the second",
	unknown: "unknown",
};

function compare(a: Side, b: Side): readonly Row[] {
	const salt = randomBytes(32);
	const [left, right] = [a, b].map(({ outcomes }) => standingOf(outcomes, salt)) as [Standing, Standing];
	const names = [...new Set([...left.keys(), ...right.keys()])].sort();
	return names.map((name) => {
		const [one = NOT_THERE, other = NOT_THERE] = [left.get(name), right.get(name)];
		return { name, a: one.words, b: other.words, result: resultOf(one, other) };
	});
}

interface Held {
	/** `undefined`: it has no value. */
	readonly hash?: string;
	readonly words: string;
	readonly isFailed?: boolean;
}

type Standing = ReadonlyMap<string, Held>;

const NOT_THERE: Held = { words: "-" };

function standingOf(outcomes: readonly Outcome[], salt: Buffer): Standing {
	const held = new Map<string, Held>();
	for (const outcome of outcomes) {
		const words = originOf(outcome);
		for (const [name, value] of outcome.values)
			held.set(name, { hash: createHmac("sha256", salt).update(value).digest("base64"), words });
		const [error] = outcome.errors;
		for (const name of outcome.names)
			if (!held.has(name) && (error !== undefined || outcome.values.size === 0))
				held.set(name, error === undefined ? { words: "absent" } : { words: error.code, isFailed: true });
	}
	return held;
}

function originOf(outcome: Outcome): string {
	if ("origin" in outcome) return String(outcome.origin ?? "-");
	const sources = "sources" in outcome ? (outcome.sources as readonly { readonly origin?: string }[]) : [];
	return [...new Set(sources.map(({ origin }) => origin ?? "-"))].join(", ");
}

function resultOf(one: Held, other: Held): Row["result"] {
	if (one.isFailed || other.isFailed) return "unknown";
	if (one.hash === other.hash) return "same";
	if (other.hash === undefined) return "only-a";
	return one.hash === undefined ? "only-b" : "differs";
}
