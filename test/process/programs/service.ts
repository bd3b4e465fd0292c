/*
 * Runs commands that are replaced, as its standard input asks for it, one JSON line after the other:
 * service.ts MANNER COMMAND, both as JSON. What happens stands in brackets on standard output, between what the commands write.
 */
import { readdirSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Command } from "../../../src/launch/command.ts";
import { endLike } from "../../../src/launch/exit-status.ts";
import { prepareInFolder } from "../../../src/launch/files/in-folder.ts";
import { prepareInMemory } from "../../../src/launch/files/in-memory.ts";
import { type FileRequest, joinFiles } from "../../../src/launch/files.ts";
import { findServiceManager, type Manner } from "../../../src/launch/launch.ts";
import { loadLibc } from "../../../src/launch/native/libc.ts";
import { takeOver } from "../../../src/launch/own.ts";
import { childrenOf } from "../../../src/launch/proc.ts";
import { loadService } from "../../../src/launch/service.ts";

/** What is asked for. */
export type Request =
	| { readonly do: "replace"; readonly command: TestCommand; readonly times?: number }
	| { readonly do: "rewrite"; readonly texts: Readonly<Record<string, string>> }
	| { readonly do: "signal"; readonly signal: number }
	| { readonly do: "stop" }
	/** Of what a replacement may leave behind. */
	| { readonly do: "count" };

/** A command whose files, and what is in them, go by the names of their variables; one in memory begins with MEMORY. */
export interface TestCommand extends Pick<Command, "file" | "args" | "env"> {
	readonly texts?: Readonly<Record<string, string>>;
}

/** How it is run; `rewriting` are the pairs of `signals`. */
export interface TestManner extends Partial<Manner> {
	readonly rewriting?: readonly (readonly [number, number])[];
}

/** The signal that this process gets between two commands. */
const { DSTA_TEST_BETWEEN: between } = process.env;

const own = takeOver(process);
const say = (text: string) => writeSync(1, `[${text}]\n`);
const warn = (message: string) => say(`warn ${message}`);
const { rewriting, ...asked } = JSON.parse(process.argv[2] as string) as TestManner;
const manner: Manner = {
	...{ mode: "spawn", notifySocket: process.env.NOTIFY_SOCKET, ...asked },
	...(rewriting && { signals: new Map(rewriting) }),
};

const requestsOf = (texts: Readonly<Record<string, string>>): readonly FileRequest[] =>
	Object.entries(texts).map(([name, text]) => ({
		...{ variables: [name], name, content: Buffer.from(text), mode: 0o400 },
		inMemory: name.startsWith("MEMORY"),
	}));

async function prepare({ texts = {}, ...command }: TestCommand): Promise<Command> {
	const requests = requestsOf(texts);
	const libc = loadLibc(process);
	const files = joinFiles([
		...(libc === undefined
			? []
			: [
					prepareInMemory(
						requests.filter(({ inMemory }) => inMemory),
						libc,
					),
				]),
		await prepareInFolder(
			requests.filter(({ inMemory }) => !inMemory),
			{ process, env: process.env, warn },
		),
	]);
	const env = { ...process.env, ...command.env, ...Object.fromEntries(files.variables) };
	return { ...command, env: env as Command["env"], files };
}

const serviceManager = await findServiceManager(own, manner, warn);
const start = await loadService(own, manner, {
	serviceManager,
	warn,
	hear(event) {
		const detail = event.kind === "stopped" ? (event.isKilled ? " killed" : "") : ` ${event.reason}`;
		say(event.kind + detail);
		if (event.kind === "stopped" && between !== undefined) process.kill(process.pid, between);
	},
});
if (manner.reloadSignal !== undefined)
	own.signals.keep(manner.reloadSignal, async () => {
		say("reload");
		serviceManager?.reloading();
		await starting.then(() => replace(command));
		serviceManager?.reloaded();
	});
let command = await prepare(JSON.parse(process.argv[3] as string));
const starting = start(command);
const service = await starting;

async function replace(next: Command): Promise<void> {
	const became = await service.replace(next);
	if (became.kind === "running") command = next;
	say("reason" in became ? `${became.kind}: ${became.reason}` : became.kind);
}

const ACTIONS: { readonly [Kind in Request["do"]]: (request: Extract<Request, { do: Kind }>) => unknown } = {
	async replace({ command, times = 1 }) {
		for (let count = 0; count < times; count++) await replace(await prepare(command));
	},
	rewrite({ texts }) {
		const left = command.files?.rewrite(requestsOf(texts)) ?? [];
		say(`rewritten, but ${left.map(({ name }) => name).join() || "nothing"}`);
	},
	signal: ({ signal }) => service.signal(signal),
	stop: () => service.stop(),
	async count() {
		const listeners = process.eventNames().map((name) => process.listenerCount(name));
		const counts = [readdirSync("/proc/self/fd").length, childrenOf("self", process.pid)?.length];
		say(`controllers: ${await countControllers()}`);
		say(`descriptors, children, listeners: ${[...counts, listeners.reduce((sum, count) => sum + count, 0)]}`);
	},
};

/** How many are still held, of which each replacement makes some. */
async function countControllers(): Promise<number> {
	if ("Bun" in globalThis) {
		const name: string = "bun:jsc";
		const { fullGC, heapStats } = await import(name);
		fullGC();
		return heapStats().objectTypeCounts.AbortController ?? 0;
	}
	const { queryObjects } = await import("node:v8");
	return queryObjects(AbortController, { format: "count" }) as unknown as number;
}

let turn: Promise<unknown> = Promise.resolve();
createInterface({ input: process.stdin }).on("line", (line) => {
	const request = JSON.parse(line) as Request;
	turn = turn.then(() => (ACTIONS[request.do] as (request: Request) => unknown)(request));
});
endLike(process, await service.ended, own.signals.release);
