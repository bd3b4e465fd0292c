import { type Ending, loadStart, type Start, superviseCommand } from "./child.ts";
import type { Command } from "./command.ts";
import type { Variables } from "./environment.ts";
import { withFiles } from "./files.ts";
import type { ServiceManager } from "./notify.ts";
import type { Outputs } from "./outputs.ts";
import type { Own, Warn } from "./own.ts";
import type { Readiness } from "./service/ready.ts";
import type { Supervision } from "./supervision.ts";

/** How a command is to be run. */
export interface Manner extends Supervision, Following {
	/** `spawn` stays in front of it, `exec` becomes it. */
	readonly mode: "spawn" | "exec";
	/** Whether a service manager hears of the run; `command`: that it is ready the command says itself. */
	readonly notify?: boolean | "command";
	/** Whether what the command writes passes through a filter. */
	readonly redact?: boolean;
	/** The options that ask for what the map does not, by its names: `--watch` for `run.watch`. */
	readonly options?: Readonly<Record<string, string>>;
	/** Where a service manager listens: the value of NOTIFY_SOCKET. */
	readonly notifySocket?: string | undefined;
}

/** How a command is replaced while this process stays. */
export interface Following {
	/** How often it is looked whether its secrets have changed. */
	readonly watch?: number | false;
	/** The signal on which they are read anew: it is kept for this process, and not forwarded. */
	readonly reloadSignal?: number;
	/** The signal by which it is stopped, and how long that may take until it is killed. */
	readonly stopSignal?: number;
	readonly stopTimeoutMs?: number;
	/** For how long a new one has to run. */
	readonly probationMs?: number;
	/** How a new one shows that it is ready. */
	readonly ready?: Readiness;
}

/** Who hears of a run beside the command. */
export interface Audience {
	readonly serviceManager: ServiceManager | undefined;
	/** Where the command writes to, if not to our own standard output and error. */
	readonly outputs?: Outputs | undefined;
	readonly warn: Warn;
}

/**
 * Runs a command and tells how it ended, if there is still somebody to tell.
 * @throws {DstaError} DSTA_COMMAND_NOT_FOUND, DSTA_NOT_EXECUTABLE · DSTA_INVALID_VALUE environment or arguments are too large ·
 * DSTA_UNSUPPORTED the sockets of a service manager cannot be handed over · DSTA_OUTPUT its files cannot be written
 */
export type Launch = (command: Command) => Promise<Ending>;

/**
 * Makes sure, before anybody is asked for a secret, that this build can run a command in this manner.
 * @throws {DstaError} DSTA_UNSUPPORTED it cannot
 */
export async function checkManner(manner: Manner): Promise<void> {
	if (isSupervised(manner) || isFollowed(manner) || manner.redact === true)
		(await import("./supervision.ts")).checkSupervision(manner, manner.mode);
	if (isTold(manner)) (await import("./notify.ts")).checkNotification();
}

/**
 * Sees to it that orphans of the command will be reaped; where that takes a reaper above this process, it is started again below one.
 * A warning says where there is none.
 */
export async function prepareReaping(
	own: Own,
	{ mode }: Manner,
	input: { readonly env: Variables; readonly warn: Warn },
): Promise<void> {
	if (mode === "spawn" && needsReaper(own)) await (await import("./pid1.ts")).startBelowReaper(own, input);
}

/** The service manager that is to hear of a run, where there is one, or a command that is heard by us alone. */
export async function findServiceManager(
	own: Own,
	manner: Manner,
	warn: Warn,
): Promise<ServiceManager | undefined> {
	if (!isTold(manner)) return undefined;
	const { reachServiceManager } = await import("./notify.ts");
	return reachServiceManager(own, {
		address: manner.notifySocket || undefined,
		isCommandTelling: manner.notify !== true,
		onUntold: (reason) => warn(`the service manager was not told something: ${reason}`),
	});
}

/** Loads the way in which a command is run. */
export async function loadLaunch(own: Own, manner: Manner, audience: Audience): Promise<Launch> {
	if (manner.mode === "exec") {
		const { replaceByCommand } = await import("./replace.ts");
		return async (command) => {
			audience.serviceManager?.ready();
			await audience.serviceManager?.told();
			return replaceByCommand(command, own);
		};
	}
	const start = await loadWholeStart(own, manner, audience);
	return async (command) => {
		// One that came during our own work is to end the run before the command starts.
		await own.signals.settle();
		const ending = await superviseCommand(command, own, start);
		await audience.serviceManager?.ended(ending);
		return ending;
	};
}

/**
 * Loads the way in which a command is started with all that is asked of a launcher that stays.
 * From the inside out: a service manager hears of a command whose output was passed on, that has its files, and whose signals are
 * looked after.
 */
export async function loadWholeStart(
	own: Own,
	manner: Manner,
	{ outputs, serviceManager, warn }: Audience,
): Promise<Start> {
	let start = await loadStart(own, manner.subreaper === true);
	if (needsReaper(own)) {
		const { withSubreaper } = await import("./pid1.ts");
		start = withSubreaper(start, own.process);
	}
	if (own.signals.hasTerminal) {
		const { withJobControl } = await import("./job-control.ts");
		start = withJobControl(start, own);
	}
	if (isSupervised(manner)) {
		const { withSupervision } = await import("./supervision.ts");
		start = withSupervision(start, manner, { ...own, warn });
	}
	start = withFiles(start);
	start = outputs?.takeFrom(start) ?? start;
	return serviceManager?.tellOf(start) ?? start;
}

// Orphans fall to PID 1. The standalone executable can wait for them, Node cannot.
function needsReaper({ inheritance, process }: Own): boolean {
	return process.pid === 1 && inheritance === undefined;
}

function isSupervised({ killAfterMs, onOrphan, signals, subreaper }: Manner): boolean {
	return subreaper === true || [killAfterMs, onOrphan, signals].some((setting) => setting !== undefined);
}

/** Whether this process looks for other values of the secrets while the command runs, or hears that there are some. */
export function isFollowed({ reloadSignal, watch = false }: Manner): boolean {
	return watch !== false || reloadSignal !== undefined;
}

// A command that has taken our place says itself what it has to say.
function isTold(manner: Manner): boolean {
	const { mode, notify = false, notifySocket, ready } = manner;
	if (isFollowed(manner) && ready !== undefined && "notify" in ready) return true;
	return Boolean(notifySocket) && notify !== false && !(mode === "exec" && notify === "command");
}
