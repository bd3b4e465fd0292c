import type { Case } from "./cases.ts";
import { NODE, type Result, type Row } from "./contest.ts";
import { byHandName } from "./launchers/by-hand.ts";
import { type Build, type Mode, nameOf } from "./launchers/dsta-run.ts";

/** What a start may take. */
type TimeTarget =
	| { readonly over: "Node" | "command"; readonly ms: number }
	| { readonly timesNode: number }
	/** So many times ahead of each of these, or of all peers; 1 with some ms of play is level. */
	| { readonly aheadOf: readonly string[] | "all"; readonly factor: number; readonly playMs: number }
	/** Over what it took in another case. */
	| { readonly overCase: string; readonly ms: number };

const LEVEL_MS = 3;

const overNode = (ms: number): TimeTarget => ({ over: "Node", ms });
const overPlain = (ms: number): TimeTarget => ({ overCase: "vault-100-20", ms });
const ahead = (...names: string[]): TimeTarget => ({ aheadOf: names, factor: 1, playMs: 0 });
const level = (...names: string[]): TimeTarget => ({ aheadOf: names, factor: 1, playMs: LEVEL_MS });
const TWICE: TimeTarget = { aheadOf: "all", factor: 2, playMs: 0 };

/** By case, for the npm package in front of its command and become it, then for the standalone executable. */
const TIMES: Readonly<Record<string, readonly [TimeTarget, TimeTarget, TimeTarget, TimeTarget]>> = {
	"env-10": [overNode(45), { timesNode: 1.35 }, { over: "command", ms: 20 }, { over: "command", ms: 12 }],
	"vault-10": [
		overNode(55),
		overNode(35),
		ahead("envconsul", "secretspec"),
		ahead("envconsul", "secretspec"),
	],
	"vault-100-20": [overNode(70), overNode(50), level("envconsul"), ahead("envconsul")],
	"vault-100-100": [overNode(110), overNode(90), TWICE, TWICE],
	"vault-tls": [overPlain(30), overPlain(30), overPlain(15), overPlain(15)],
	"aws-100": [overNode(150), overNode(150), level("secretspec", "fnox"), level("secretspec", "fnox")],
};

const COLUMNS = (["npm", "standalone"] as const).flatMap((build) =>
	(["spawn", "exec"] as const).map((mode) => ({ build, mode, name: nameOf(build, mode) })),
);

/** What was aimed at for a launcher of ours, each with what came of it; nothing for others. */
export function verdictsOf(
	row: Row,
	result: Result,
	earlier: ReadonlyMap<string, Result>,
): readonly string[] {
	const column = COLUMNS.findIndex(({ name }) => name === row.name);
	const ours = COLUMNS[column];
	if (ours === undefined) return [];
	const time = TIMES[result.case.id]?.[column];
	return [
		...(time === undefined ? [] : timeVerdicts(time, row, { result, earlier })),
		...requestVerdicts(row, result.case),
		...memoryVerdicts(ours, row, result),
	];
}

interface Known {
	readonly result: Result;
	readonly earlier: ReadonlyMap<string, Result>;
}

function timeVerdicts(target: TimeTarget, row: Row, known: Known): readonly string[] {
	const bare = known.result.rows.get(bareNameOf(row.name));
	return measuresOf(target, known).flatMap(({ most, of, show, text }) => {
		const value = of(row);
		if (value === undefined) return [];
		const byHand = bare && of(bare);
		const figures = [show(value), ...(byHand === undefined ? [] : [`by hand ${show(byHand)}`])];
		return [verdict(text, value <= most, figures.join(", "))];
	});
}

/** What a target is about. */
interface Measure {
	readonly text: string;
	readonly most: number;
	/** `undefined` where it was not measured. */
	readonly of: (row: Row) => number | undefined;
	readonly show: (value: number) => string;
}

function measuresOf(target: TimeTarget, { earlier, result }: Known): readonly Measure[] {
	if ("timesNode" in target) {
		const most = target.timesNode;
		const show = (ratio: number) => `${ratio.toFixed(2)} ×`;
		return [{ text: `≤ ${most} × Node`, most, of: ({ overNode }) => overNode?.ratio, show }];
	}
	if ("over" in target) {
		const of = ({ overCommand, overNode }: Row) =>
			(target.over === "Node" ? overNode : overCommand)?.medianMs;
		return [{ text: `≤ ${target.over} + ${target.ms} ms`, most: target.ms, of, show: signed }];
	}
	const msOf = ({ overCommand }: Row) => overCommand?.medianMs;
	if ("overCase" in target) {
		const before = earlier.get(target.overCase)?.rows;
		const of = ({ name, overCommand }: Row) => {
			const without = before?.get(name)?.overCommand;
			return overCommand && without && overCommand.medianMs - without.medianMs;
		};
		return [{ text: `≤ ${target.overCase} + ${target.ms} ms`, most: target.ms, of, show: signed }];
	}
	return peersOf(target.aheadOf, result).map(({ medianMs, name }) => {
		const word =
			target.factor > 1 ? `${target.factor} × ahead of` : target.playMs > 0 ? "level with" : "ahead of";
		return {
			text: `${word} ${name}`,
			most: (medianMs + target.playMs) / target.factor,
			of: msOf,
			show: (ms) => `${(medianMs / ms).toFixed(2)} ×`,
		};
	});
}

/** What does no more than has to be done on the runtime of one of ours, in its mode. */
function bareNameOf(name: string): string {
	const { build, mode } = COLUMNS.find((column) => column.name === name) ?? {};
	return build && mode ? byHandName(build === "npm" ? "Node" : "Bun", mode) : "";
}

// Of all peers the fastest stands for the rest.
function peersOf(names: readonly string[] | "all", { rows }: Result) {
	const ours = new Set(COLUMNS.flatMap(({ name }) => [name, bareNameOf(name)]));
	const peers = [...rows.values()].flatMap(({ name, overCommand }) =>
		overCommand === undefined || name === NODE || ours.has(name)
			? []
			: [{ name, medianMs: overCommand.medianMs }],
	);
	if (names !== "all") return peers.filter(({ name }) => names.includes(name));
	return peers.toSorted((one, other) => one.medianMs - other.medianMs).slice(0, 1);
}

const BATCH = 20;

function requestVerdicts({ counts }: Row, { backend, secrets }: Case): readonly string[] {
	if (counts === undefined) return [];
	const most = backend === "aws" ? Math.ceil(secrets / BATCH) : secrets;
	return [verdict(`${most} requests`, counts.requests <= most, String(counts.requests))];
}

const MEMORY_MIB: Readonly<Record<Build, Readonly<Partial<Record<Case["backend"], number>>>>> = {
	// Over Node on an empty file.
	npm: { env: 14, vault: 20, aws: 32 },
	standalone: { env: 48, vault: 55 },
};

function memoryVerdicts(
	{ build, mode }: { readonly build: Build; readonly mode: Mode },
	{ look }: Row,
	{ case: { backend }, nodeMiB }: Result,
): readonly string[] {
	const { residentMiB } = look;
	if (mode === "exec") return [verdict("no memory", residentMiB === 0, `${residentMiB.toFixed(0)} MiB`)];
	const limit = MEMORY_MIB[build][backend];
	if (limit === undefined) return [];
	if (build === "standalone")
		return [verdict(`≤ ${limit} MiB`, residentMiB <= limit, residentMiB.toFixed(0))];
	const more = residentMiB - nodeMiB;
	return [verdict(`≤ Node + ${limit} MiB`, more <= limit, signed(more))];
}

function verdict(target: string, isMet: boolean, figure: string): string {
	return `${target}: ${isMet ? "met" : "**not met**"} (${figure})`;
}

function signed(value: number): string {
	return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(0)}`;
}
