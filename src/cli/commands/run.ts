import { DstaError, EXIT_STATUS } from "../../errors.ts";
import type { Ending } from "../../launch/child.ts";
import type { Command } from "../../launch/command.ts";
import { endLike } from "../../launch/exit-status.ts";
import type { CommandFiles } from "../../launch/files.ts";
import { completeInherited, findDamaged } from "../../launch/inherited.ts";
import { closeInspector } from "../../launch/inspector.ts";
import { findServiceManager, loadLaunch, prepareReaping } from "../../launch/launch.ts";
import { type Own, takeOver, type Warn } from "../../launch/own.ts";
import { commandEnvironment } from "../../resolve/command-environment.ts";
import type { Outcome } from "../../resolve/resolve.ts";
import { checkFeasibility, hasFiles, isTelling } from "../feasibility.ts";
import type { CommandResult, Host } from "../host.ts";
import type { CommandLine } from "../options.ts";
import { concludeResolutions } from "../report.ts";
import { openSession, type Session } from "../session.ts";
import type { Telemetry } from "../telemetry.ts";

/** Resolves the map, starts the command with its secrets and ends as the command ends; with one error it is never started. */
export async function run(commandLine: CommandLine, host: Host): Promise<CommandResult | undefined> {
	const own = takeOver(host.process);
	const { promise: sent, resolve: onSent } = Promise.withResolvers<void>();
	const session = await openSession(commandLine, host, { onSent, beforeEnd: own.signals.beforeEnd });
	const { manner, map } = session;
	await checkFeasibility(session);
	const warn = createWarn(host);
	await prepareReaping(own, manner, { env: host.env, warn });
	const telemetry = await openTelemetry(session, host, own);
	const resolving = session.resolveLines(map);
	// What follows until the answers come takes no time of its own.
	await Promise.race([resolving, sent]);
	// A USR1 before our listeners may have left a request to open it.
	await own.signals.settle();
	await closeInspector(host.process);
	const serviceManager = await findServiceManager(own, manner, warn);
	serviceManager?.status(`resolving the secrets of ${map.file}`);
	const loading = loadLaunch(own, manner, { serviceManager, warn });
	// A signal that ends the run until here ends it at once: what was obtained by then is not given back, and expires by itself.
	const resolutions = await resolving;
	session.backends.close();

	const { status, values } = concludeResolutions(host.log, resolutions, host.env);
	telemetry.hear({ kind: "resolved", resolutions });
	if (status !== 0) {
		telemetry.hear({ kind: "ended", ending: { status } });
		serviceManager?.status(`ended before its command with status ${status}`);
		await serviceManager?.told();
		await Promise.all([session.backends.release(), telemetry.close()]);
		return { status };
	}
	const leases = await session.backends.leases();
	if (leases.length > 0) await (await import("../leases.ts")).lookAfter(leases, session, host.log);
	const { saveSnapshot } = session;
	const finish = async () =>
		void (await Promise.all([saveSnapshot(), session.backends.release(), telemetry.close()]));
	const onStarted = (pid: number) => {
		telemetry.hear({ kind: "started", pid, reason: "start" });
		void saveSnapshot();
	};
	const preparing = prepareCommand(session, resolutions, { commandLine, host, values, warn });
	const launching = Promise.all([preparing, loading]).then(([command, launch]) =>
		// The leases of a command that takes our place have to outlive us.
		launch({ ...command, beforeExec: leases.length === 0 ? finish : saveSnapshot, onStarted }),
	);
	endLike(host.process, await tellOfEnd(launching, telemetry).finally(finish), own.signals.release);
	return undefined;
}

const SILENT: Telemetry = { hear: () => undefined, close: async () => undefined };

async function openTelemetry(session: Session, host: Host, own: Own): Promise<Telemetry> {
	if (!isTelling(session)) return SILENT;
	return (await import("../telemetry.ts")).openTelemetry(session, host, own);
}

async function tellOfEnd(launching: Promise<Ending>, { hear }: Telemetry): Promise<Ending> {
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

interface Prepared {
	readonly commandLine: CommandLine;
	readonly host: Host;
	readonly values: ReadonlyMap<string, string>;
	readonly warn: Warn;
}

async function prepareCommand(
	session: Session,
	outcomes: readonly Outcome[],
	{ commandLine, host, values, warn }: Prepared,
): Promise<Command> {
	const files = await prepareFiles(session, outcomes, { host, warn });
	const secrets = new Map([...values, ...(files?.variables ?? [])]);
	const inherited = completeInherited(host.env);
	const choice = commandLine.options;
	const env = await commandEnvironment(session.map, { envFile: session.envFile, inherited, secrets, choice });
	const [file, ...args] = commandLine.command as [string, ...string[]];
	host.log("debug", `starting ${file} with ${secrets.size} secrets`);
	const command = { file, args, env, files };
	warnOfDamage(warn, findDamaged(command));
	return command;
}

function createWarn({ log }: Host): Warn {
	return (message, cure) => log("warn", message, cure === undefined ? {} : { lines: [`fix: ${cure}`] });
}

async function prepareFiles(
	{ map }: Session,
	outcomes: readonly Outcome[],
	{ host, warn }: { readonly host: Host; readonly warn: Warn },
): Promise<CommandFiles | undefined> {
	if (!hasFiles(map)) return undefined;
	return (await import("../secret-files.ts")).prepareFiles(outcomes, host, warn);
}

function warnOfDamage(warn: Warn, damaged: readonly string[]): void {
	if (damaged.length === 0) return;
	warn(
		`the command does not get all bytes of ${damaged.join(", ")}: Node reads them as UTF-8`,
		"Encode them as UTF-8, or keep such variables away with --strip NAME.",
	);
}
