import { DstaError, EXIT_STATUS } from "../../errors.ts";
import type { Ending } from "../../launch/child.ts";
import { endLike } from "../../launch/exit-status.ts";
import { closeInspector } from "../../launch/inspector.ts";
import { findServiceManager, isFollowed, loadLaunch, prepareReaping } from "../../launch/launch.ts";
import { type Own, takeOver } from "../../launch/own.ts";
import { checkFeasibility } from "../feasibility.ts";
import type { CommandResult, Host } from "../host.ts";
import { type Listeners, openListeners } from "../listeners.ts";
import type { CommandLine } from "../options.ts";
import { type Preparation, prepareCommand } from "../prepare-command.ts";
import type { Redaction } from "../redaction.ts";
import { concludeResolutions, warningOf } from "../report.ts";
import { openSession, type Session } from "../session.ts";
import type { RunWatched, WatchedContext } from "../watch/run-watched.ts";

/** Resolves the map, starts the command with its secrets and ends as the command ends; with one error it is never started. */
export async function run(commandLine: CommandLine, host: Host): Promise<CommandResult | undefined> {
	const own = takeOver(host.process);
	await closeInspector(host.process, own.signals);
	const { promise: sent, resolve: onSent } = Promise.withResolvers<void>();
	const session = await openSession(commandLine, host, { onSent, beforeEnd: own.signals.beforeEnd });
	const { manner, map } = session;
	if (manner.reloadSignal !== undefined) own.signals.reserve(manner.reloadSignal);
	await checkFeasibility(session);
	const warn = warningOf(host.log, "command.warning");
	const preparation = { commandLine, host, warn };
	const [file = ""] = commandLine.command;
	/** The one session, and those that a watch opens beside it. */
	const sessions = new Set([session]);
	await prepareReaping(own, manner, { env: host.env, warn });
	const redaction = await openRedaction(session, own, { host, warn });
	const listeners = await openListeners(session, { host, own, sessions, file });
	const resolving = session.resolveLines(map);
	// What follows until the answers come takes no time of its own.
	await Promise.race([resolving, sent]);
	// One that came while the map was read ends the run.
	await own.signals.settle();
	const serviceManager = await findServiceManager(own, manner, warn);
	serviceManager?.status(`resolving the secrets of ${map.file}`);
	const audience = { serviceManager, outputs: redaction?.outputs, warn };
	const loading = loadRun(session, { own, audience, sessions, preparation, redaction, hear: listeners.hear });
	// A signal that ends the run until here ends it at once: what was obtained by then is not given back, and expires by itself.
	const resolutions = await resolving;
	if (!isFollowed(manner)) session.backends.close();

	const { status } = concludeResolutions(host.log, resolutions, host.env);
	if (status !== 0) {
		listeners.hear({ kind: "read", resolutions });
		listeners.hear({ kind: "ended", ending: { status } });
		serviceManager?.status(`ended before its command with status ${status}`);
		await serviceManager?.told();
		await Promise.all([session.backends.release(), listeners.close()]);
		return { status };
	}
	redaction?.learn(resolutions);
	const leases = await session.backends.leases();
	if (leases.length > 0 && !isFollowed(manner))
		await (await import("../leases.ts")).lookAfter(leases, session, host.log);
	const { saveSnapshot: onStarted } = session;
	const finish = async () => {
		const releasing = [...sessions].map(({ backends }) => backends.release());
		await Promise.all([onStarted(), ...releasing, listeners.close()]);
		await host.terminal.flush();
	};
	const preparing = prepareCommand(session, resolutions, preparation);
	const launching = Promise.all([preparing, loading]).then(([command, launch]) => {
		// From now on there are signals to forward.
		if (manner.mode !== "exec") host.terminal.stopWaiting();
		// The leases of a command that takes our place have to outlive us.
		return launch(
			{ ...command, beforeExec: leases.length === 0 ? finish : onStarted, onStarted },
			resolutions,
		);
	});
	endLike(host.process, await tellOfEnd(launching, listeners).finally(finish), own.signals.release);
	return undefined;
}

async function openRedaction(
	{ manner }: Session,
	own: Own,
	{ host, warn }: Pick<Preparation, "host" | "warn">,
): Promise<Redaction | undefined> {
	if (manner.redact !== true) return undefined;
	return (await import("../redaction.ts")).openRedaction(own, host.log, warn);
}

async function loadRun(session: Session, context: WatchedContext): Promise<RunWatched> {
	const { audience, hear, own } = context;
	if (isFollowed(session.manner))
		return (await import("../watch/run-watched.ts")).loadWatched(session, context);
	const launch = await loadLaunch(own, session.manner, audience);
	return (command, resolutions) => {
		const tellStarted = (pid: number) => hear({ kind: "started", pid, reason: "start" });
		hear({ kind: "resolved", resolutions });
		return launch({
			...command,
			async beforeExec() {
				tellStarted(own.process.pid);
				await command.beforeExec?.();
			},
			onStarted(pid) {
				tellStarted(pid);
				command.onStarted?.(pid);
			},
		});
	};
}

async function tellOfEnd(launching: Promise<Ending>, { hear }: Listeners): Promise<Ending> {
	try {
		const ending = await launching;
		hear({ kind: "ended", ending });
		return ending;
	} catch (error) {
		const status = error instanceof DstaError ? error.exitStatus : EXIT_STATUS.DSTA_BUG;
		hear({ kind: "ended", ending: { status } });
		throw error;
	}
}
