/*
 * A run whose command is replaced while this process stays.
 *
 * The command's own end is the end of the run, with its status: only an end that we have asked for, and that of a new command on
 * probation, is not. A new command fails by not starting, by ending otherwise than with status 0, or by not being ready; then the one
 * before is started again with its own values, and of that one every end counts.
 *
 * A signal that is to end the command ends the run as well. One that comes while there is a command goes to it, and its end is the end
 * of the run: nothing is started any more. One that comes between two commands is what this process dies of. TERM is such a signal
 * always, INT and QUIT are it while a command is stopped and until the next one is there. At other times they may have been for a prompt
 * or have asked for a thread dump, and HUP for a new reading of the configuration: a command that still runs after the time in
 * which it would have been killed goes on, and until then it is not replaced.
 * All other signals, and HUP, wait from the moment when a command is stopped until the next one is ready, as they
 * would kill one that does not listen yet.
 */
import { constants } from "node:os";
import { now } from "../clock.ts";
import { DstaError } from "../errors.ts";
import { type Ending, type Start, startCommand } from "./child.ts";
import type { Command } from "./command.ts";
import { type Audience, loadWholeStart, type Manner } from "./launch.ts";
import type { Own } from "./own.ts";
import { createGate } from "./service/gate.ts";
import { delay, type Incumbent, sendAsIs, stopIncumbent } from "./service/incumbent.ts";
import { judge, type Probation, type Verdict, withstand } from "./service/probation.ts";
import type { Readiness } from "./service/ready.ts";
import { withTerminal } from "./service/terminal.ts";

/** What became of a replacement. */
export type Replacement =
	/** The new command runs, is ready and past its probation. */
	| { readonly kind: "running" }
	/** It was not, for a reason without values, and the one before runs again with its own values. */
	| { readonly kind: "restored"; readonly reason: string }
	/** The run ends meanwhile: by a signal, or by the command's own end. */
	| { readonly kind: "over" };

/** What happens in a run beside its end, for logs, metrics and records. */
export type ServiceEvent =
	| { readonly kind: "started"; readonly pid: number; readonly reason: "start" | "replacement" | "restored" }
	/** A command was stopped by us; `isKilled`: it took longer than it may. */
	| { readonly kind: "stopped"; readonly pid: number; readonly isKilled: boolean }
	/** A new command failed, and the one before is started again. */
	| { readonly kind: "restored"; readonly reason: string };

/** Who hears of a service. */
export interface ServiceAudience extends Audience {
	readonly hear?: (event: ServiceEvent) => void;
}

/** A run whose command can be replaced while this process stays. */
export interface Service {
	/**
	 * The end of the run.
	 * @throws {DstaError} a command that was to be restored could not even be started
	 */
	readonly ended: Promise<Ending>;
	/** Stops the command, starts the next and watches over it; one at a time. */
	replace(next: Command): Promise<Replacement>;
	/** Sends a signal to the command as it is, whatever run.signals says. */
	signal(number: number): void;
	/** Stops the command for good; resolves when the run has ended. */
	stop(): Promise<void>;
}

/**
 * Loads the way in which a command is run that can be replaced. Starting the first one fails as a plain run does.
 * @throws {DstaError} DSTA_COMMAND_NOT_FOUND, DSTA_NOT_EXECUTABLE · DSTA_INVALID_VALUE environment or arguments are too large ·
 * DSTA_UNSUPPORTED the sockets of a service manager cannot be handed over · DSTA_OUTPUT its files cannot be written
 */
export async function loadService(
	own: Own,
	manner: Manner,
	audience: ServiceAudience,
): Promise<(command: Command) => Promise<Service>> {
	const start = withTerminal(await loadWholeStart(own, manner, audience), own);
	return async (command) => {
		// One that came during our own work is to end the run before the command starts.
		await own.signals.settle();
		return startService(command, { own, manner, audience, start });
	};
}

interface Surroundings {
	readonly own: Own;
	readonly manner: Manner;
	readonly audience: ServiceAudience;
	readonly start: Start;
}

const STOP_TIMEOUT_MS = 30_000;
const PROBATION_MS = 10_000;
const OVER = { kind: "over" } as const;

async function startService(
	first: Command,
	{ audience, manner, own, start }: Surroundings,
): Promise<Service> {
	const { hear, serviceManager, warn } = audience;
	const { stopTimeoutMs = STOP_TIMEOUT_MS, stopSignal = constants.signals.SIGTERM } = manner;
	const over = Promise.withResolvers<Ending>();
	// Whoever waits for it may do so later.
	over.promise.catch(() => undefined);
	let isOver = false;
	let incumbent: Incumbent | undefined;
	let turn: Promise<unknown> = Promise.resolve();
	const gate = createGate(() => incumbent, manner.signals);
	const probation: Probation = {
		own,
		lastsMs: manner.probationMs ?? PROBATION_MS,
		readiness: readinessOf(manner, audience),
		saidReady: async (pid) => serviceManager?.saidReady(pid),
		onSettled(candidate) {
			candidate.isSettled = true;
			if (incumbent === candidate) own.signals.attach(gate.receiver);
		},
	};

	async function finish(ending: Ending): Promise<void> {
		if (isOver) return;
		isOver = true;
		await serviceManager?.ended(ending);
		over.resolve(ending);
	}

	/** Starts a command; where that fails, nothing of it is left. */
	async function begin(command: Command, reason: Beginning): Promise<Incumbent> {
		const running = startCommand(command, own, start);
		const { pid } = running;
		if (pid === undefined) return running.ended as Promise<never>;
		const begun: Incumbent = {
			...{ command, running, pid, askedAtMs: undefined, ending: undefined, isStopping: false },
			...{ isSettled: reason === "start", endsRun: reason !== "replacement" },
		};
		incumbent = begun;
		own.signals.attach(gate.receiver);
		void running.ended.then((ending) => {
			begun.ending = ending;
			if (incumbent === begun) incumbent = undefined;
			if (begun.endsRun) void finish(ending);
		});
		hear?.({ kind: "started", pid, reason });
		if (reason !== "restored") command.onStarted?.(pid);
		return begun;
	}

	async function stop(one: Incumbent): Promise<Ending> {
		const stopping = { signal: stopSignal, timeoutMs: stopTimeoutMs, warn };
		const { ending, isKilled } = await stopIncumbent(one, stopping);
		hear?.({ kind: "stopped", pid: one.pid, isKilled });
		return ending;
	}

	/** Sees to it that a command has ended whose place another one is to take; whether the run goes on then. */
	async function clear(one: Incumbent | undefined): Promise<boolean> {
		if (one !== undefined) one.endsRun = false;
		const ending = one && (one.ending ?? (await stop(one)));
		// A signal that has come meanwhile.
		await own.signals.settle();
		const last = gate.last();
		if (last !== undefined)
			await finish(last.wasForwarded && ending !== undefined ? ending : { signal: last.signal });
		return last === undefined;
	}

	/** Waits for as long as a signal may have been to end the command. */
	async function settleDoubts(): Promise<void> {
		await own.signals.settle();
		const waiting = new AbortController();
		while (incumbent?.askedAtMs !== undefined && gate.last() === undefined) {
			const leftMs = incumbent.askedAtMs + stopTimeoutMs - now();
			if (leftMs <= 0) break;
			const { signal } = waiting;
			await Promise.race([incumbent.running.ended, gate.told(signal), delay(leftMs, signal)]);
		}
		waiting.abort();
	}

	async function tryOut(next: Command): Promise<Verdict & { readonly candidate?: Incumbent }> {
		try {
			const candidate = await begin(next, "replacement");
			return { ...(await judge(candidate, probation, gate)), candidate };
		} catch (error) {
			if (!(error instanceof DstaError)) throw error;
			return { kind: "failed", reason: error.message };
		}
	}

	async function restore({ command }: Incumbent, reason: string): Promise<void> {
		hear?.({ kind: "restored", reason });
		const restored = await begin(command, "restored");
		const watching = new AbortController();
		void restored.running.ended.then(() => watching.abort());
		// It stays whatever comes of that; signals wait no longer.
		void withstand(restored, probation, watching.signal).then(() => probation.onSettled(restored));
	}

	async function replaceNow(next: Command): Promise<Replacement> {
		await settleDoubts();
		const before = incumbent;
		if (before === undefined || gate.last() !== undefined) return OVER;
		serviceManager?.reloading();
		if (!(await clear(before))) return OVER;
		const { candidate, ...verdict } = await tryOut(next);
		if (verdict.kind === "failed") {
			if (!(await clear(candidate))) return OVER;
			await restore(before, verdict.reason);
		} else if (candidate !== undefined) {
			candidate.endsRun = true;
			// It may have come while it did not count.
			if (candidate.ending !== undefined) await finish(candidate.ending);
		}
		if (verdict.kind === "over") return OVER;
		serviceManager?.reloaded();
		return verdict.kind === "failed" ? { kind: "restored", reason: verdict.reason } : verdict;
	}

	function fail(error: unknown): Replacement {
		isOver = true;
		over.reject(error);
		return OVER;
	}

	await begin(first, "start");
	return {
		ended: over.promise,
		replace(next) {
			const replacing = turn.then(() => replaceNow(next)).catch(fail);
			turn = replacing;
			return replacing;
		},
		signal(number) {
			if (incumbent !== undefined) sendAsIs(incumbent, number);
		},
		async stop() {
			await turn;
			if (incumbent !== undefined) await stop(incumbent);
			await over.promise.catch(() => undefined);
		},
	};
}

type Beginning = Extract<ServiceEvent, { kind: "started" }>["reason"];

// One that says itself when it is ready is not ready before.
function readinessOf({ notify, ready }: Manner, { serviceManager }: Audience): Readiness | undefined {
	return ready ?? (notify === "command" && serviceManager !== undefined ? { notify: true } : undefined);
}
