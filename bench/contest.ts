import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { certificateFile } from "../test/backends/vault/fake-vault.ts";
import { type Case, variablesOf } from "./cases.ts";
import type { Counts, Front } from "./front.ts";
import type { FoundLauncher } from "./launchers/find.ts";
import type { Job } from "./launchers/launcher.ts";
import { type Launch, type Look, lookAt, mebibytes } from "./look.ts";
import { type Contestant, type Cost, compare, type Program, runProgram } from "./measure.ts";

/** The names of the two programs that all are compared with. */
export const COMMAND = "the plain command";
export const NODE = "Node, empty file";

/** What came of one launcher in a case. */
export interface Row {
	readonly name: string;
	readonly look: Look;
	readonly overCommand: Cost | undefined;
	readonly overNode: Cost | undefined;
	/** `undefined` where there is no server. */
	readonly counts: Counts | undefined;
	/** The modules that are in Node itself; `undefined` for what does not run on it. */
	readonly modules: number | undefined;
	/** Why it was not timed. */
	readonly fault: string | undefined;
}

export interface Result {
	readonly case: Case;
	readonly rows: ReadonlyMap<string, Row>;
	/** What Node takes for an empty file. */
	readonly nodeMiB: number;
}

export interface ContestOptions {
	readonly rounds: number;
	/** The folder that everything is written to. */
	readonly output: string;
	readonly launchers: readonly FoundLauncher[];
	/** `undefined` where the case has no server. */
	readonly front: Front | undefined;
}

/** A launcher that takes long is in fewer rounds: its times may take so much together. */
const BUDGET_MS = 5_000;
const LEAST_ROUNDS = 3;

/** Looks at each launcher that can do a case, and compares those that do it right. */
export async function runCase(wanted: Case, options: ContestOptions): Promise<Result> {
	const { front, launchers, output, rounds } = options;
	const folder = freshFolder(output, wanted.id);
	const plain: Program = { words: ["true"], cwd: folder, env: baseEnv(output) };
	const empty = join(folder, "empty.cjs");
	writeFileSync(empty, "");
	const contestants = new Map<string, Contestant>([
		[COMMAND, { ...plain, rounds }],
		[NODE, { ...plain, words: [process.execPath, empty], rounds }],
	]);
	const looks = new Map<string, Omit<Row, "overCommand" | "overNode">>();
	for (const found of launchers) {
		const launch = launchOf(found, wanted, { address: front?.address ?? "", output });
		if (launch === undefined) continue;
		const { name } = found.launcher;
		await front?.count();
		const look = await lookAt(launch, variablesOf(wanted));
		const counted = await front?.count();
		const counts = counted === undefined ? undefined : perRun(counted, look.runs);
		const modules = found.isNode ? await countModules(launch(["true"]), folder) : undefined;
		looks.set(name, { name, look, counts, modules, fault: look.fault });
		const affordable = Math.max(LEAST_ROUNDS, Math.floor(BUDGET_MS / look.tookMs));
		if (look.fault === undefined)
			contestants.set(name, { ...launch(["true"]), rounds: Math.min(rounds, affordable) });
	}
	const comparison = await compare(contestants, rounds);
	const rows = [...looks].map(([name, known]): [string, Row] => [
		name,
		{
			...known,
			overCommand: comparison.cost(name, COMMAND),
			overNode: comparison.cost(name, NODE),
			fault: known.fault ?? comparison.failures.get(name),
		},
	]);
	const overCommand = comparison.cost(NODE, COMMAND);
	const memory = await memoryOfNode(folder);
	const node: Row = {
		name: NODE,
		look: { tookMs: 0, runs: 0, ...memory },
		overCommand,
		overNode: undefined,
		counts: undefined,
		modules: await countModules({ ...plain, words: [process.execPath, empty] }, folder),
		fault: undefined,
	};
	return { case: wanted, rows: new Map([[NODE, node], ...rows]), nodeMiB: memory.residentMiB };
}

/** How a launcher starts a command in a case, with its configuration written; `undefined` where it cannot. */
export function launchOf(
	found: FoundLauncher,
	wanted: Case,
	{ address, output }: { readonly address: string; readonly output: string },
): Launch | undefined {
	const folder = freshFolder(output, `${wanted.id}/${found.launcher.name.replace(/\W+/g, "-")}`);
	const job: Job = {
		backend: wanted.backend,
		variables: variablesOf(wanted),
		folder,
		address,
		authority: wanted.isTls ? certificateFile("ca.pem") : undefined,
	};
	const prepared = found.launcher.prepare(job, found);
	if (prepared === undefined) return undefined;
	return (command) => ({
		words: prepared.words(command),
		cwd: folder,
		env: { ...baseEnv(output), ...prepared.env },
	});
}

// What launchers keep in the home directory stays in the output.
function baseEnv(output: string): NodeJS.ProcessEnv {
	return { PATH: [dirname(process.execPath), process.env.PATH].join(delimiter), HOME: join(output, "home") };
}

function freshFolder(output: string, name: string): string {
	const folder = join(output, name);
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	mkdirSync(join(output, "home"), { recursive: true });
	return folder;
}

function perRun({ connections, requests }: Counts, runs: number): Counts {
	return { requests: Math.round(requests / runs), connections: Math.round(connections / runs) };
}

const PRELOAD = new URL("../test/e2e/list-loaded.cjs", import.meta.url).pathname;

/** How many of its own modules Node has loaded for a program when it ends. */
async function countModules(program: Program, folder: string): Promise<number | undefined> {
	const file = join(folder, "loaded");
	rmSync(file, { force: true });
	const env = { ...program.env, NODE_OPTIONS: `--require=${PRELOAD}`, DSTA_TEST_LOADED: file };
	await runProgram({ ...program, env });
	try {
		return readFileSync(file, "utf8").match(/^(?:NativeModule|Internal Binding) /gm)?.length;
	} catch {
		// It has become its command, and came to no end of its own.
		return undefined;
	}
}

async function memoryOfNode(folder: string): Promise<Pick<Look, "residentMiB" | "peakMiB">> {
	const file = join(folder, "status.cjs");
	writeFileSync(file, 'const fs = require("fs"); fs.writeSync(1, fs.readFileSync("/proc/self/status"));');
	const { ended } = await runProgram({ words: [process.execPath, file], cwd: folder, env: {} });
	return { residentMiB: mebibytes(ended.stdout, "VmRSS"), peakMiB: mebibytes(ended.stdout, "VmHWM") };
}
