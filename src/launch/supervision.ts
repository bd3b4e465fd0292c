import { constants } from "node:os";
import { DstaError } from "../errors.ts";
import type { Start, Started } from "./child.ts";
import { HAS_LIBC } from "./native/libc.ts";
import type { Warn } from "./own.ts";
import { findProgram } from "./program.ts";
import type { Readiness } from "./service/ready.ts";
import { ENDING, type Receiver } from "./signals.ts";
import { tieToParent } from "./tie.ts";

/** What is asked of a launcher that stays in front of its command. */
export interface Supervision {
	/** The number of a signal, and that of what the command gets instead; 0 for nothing. */
	readonly signals?: ReadonlyMap<number, number>;
	/** How long the command may go on after the first signal that was to end it. */
	readonly killAfterMs?: number;
	/** Whether processes that lose their parent below the command become ours. */
	readonly subreaper?: boolean;
	/** The signal that the command gets when this process is killed. */
	readonly onOrphan?: number;
}

/** What a supervised start takes of this process. */
export interface Surroundings {
	readonly process: Pick<NodeJS.Process, "arch" | "pid">;
	readonly warn: Warn;
}

/** Makes a start one that does what is asked. */
export function withSupervision(
	start: Start,
	supervision: Supervision,
	{ process, warn }: Surroundings,
): Start {
	const { onOrphan } = supervision;
	return (command, descriptors) => {
		// Found out here, since the executable that is started in between would not say it in the asked form.
		if (onOrphan !== undefined) findProgram(command, process.arch);
		const tied =
			onOrphan === undefined ? command : tieToParent(command, { pid: process.pid, signal: onOrphan });
		const started = start(tied, descriptors);
		return { ...started, ...forwardTo(started, supervision, warn), killAsIs: started.kill };
	};
}

// Time counts from the first signal that was to end the command; one is enough.
function forwardTo(
	command: Started,
	{ killAfterMs, signals }: Supervision,
	warn: Warn,
): Pick<Receiver, "kill"> {
	let isAwaited = false;

	function awaitEnd(afterMs: number): void {
		if (isAwaited) return;
		isAwaited = true;
		const timer = setTimeout(() => {
			command.kill(constants.signals.SIGKILL);
			warn(`the command goes on ${afterMs / 1000} s after a signal to end: killing it (run.kill_after)`);
		}, afterMs);
		void command.ended.then(() => clearTimeout(timer));
	}

	return {
		kill(received, value) {
			const signal = signals?.get(received) ?? received;
			if (signal === 0) return;
			command.kill(signal, value);
			if (killAfterMs !== undefined && (ENDING.has(received) || ENDING.has(signal))) awaitEnd(killAfterMs);
		},
	};
}

/**
 * Makes sure that this build can do in a mode what is asked.
 * @throws {DstaError} DSTA_UNSUPPORTED it cannot
 */
export function checkSupervision(manner: Asked, mode: "spawn" | "exec"): void {
	const asked = Object.entries(OPTIONS)
		.filter(([, isAsked]) => isAsked(manner))
		.map(([name]) => manner.options?.[name] ?? name);
	if (mode === "exec" && asked.length > 0)
		throw new DstaError(
			"DSTA_UNSUPPORTED",
			`Exec mode leaves nobody to do what is asked by ${asked.join(", ")}: dsta-run becomes the command`,
			{ cure: `Use --spawn (run.mode: spawn), or leave ${asked.join(", ")} out.` },
		);
	const native = asked.filter((name) => BY_LIBC.includes(name));
	if (!HAS_LIBC && native.length > 0)
		throw new DstaError("DSTA_UNSUPPORTED", `Node cannot do what is asked by ${native.join(", ")}`, {
			cure: `Use the standalone executable, or leave ${native.join(", ")} out.`,
		});
}

/** What takes somebody who stays, of all that may be asked of a run. */
interface Asked extends Supervision {
	readonly watch?: number | false;
	readonly reloadSignal?: number;
	readonly ready?: Readiness;
	readonly redact?: boolean;
	readonly options?: Readonly<Record<string, string>>;
}

const OPTIONS: Readonly<Record<string, (asked: Asked) => boolean>> = {
	"run.signals": ({ signals }) => signals !== undefined,
	"run.kill_after": ({ killAfterMs }) => killAfterMs !== undefined,
	"run.subreaper": ({ subreaper }) => subreaper === true,
	"run.on_orphan": ({ onOrphan }) => onOrphan !== undefined,
	"run.watch": ({ watch = false }) => watch !== false,
	"run.reload_signal": ({ reloadSignal }) => reloadSignal !== undefined,
	"run.redact": ({ redact }) => redact === true,
	"run.ready.notify": ({ ready }) => ready !== undefined && "notify" in ready,
};
const BY_LIBC: readonly string[] = ["run.subreaper", "run.on_orphan", "run.ready.notify"];
