import { withholdCoreDumps } from "../../launch/core-dump.ts";
import { buildEnvironment } from "../../launch/environment.ts";
import { endLike } from "../../launch/exit-status.ts";
import { completeInherited, findDamaged } from "../../launch/inherited.ts";
import { closeInspector } from "../../launch/inspector.ts";
import { loadLaunch, type Own, prepareLaunch } from "../../launch/launch.ts";
import { type Inheritance, recordInheritance } from "../../launch/native/inheritance.ts";
import type { ServiceManager } from "../../launch/notify.ts";
import { withholdReports } from "../../launch/reports.ts";
import { captureSignals } from "../../launch/signals.ts";
import type { RunMode, RunSettings } from "../../map/secret-map.ts";
import type { CommandResult, Host } from "../host.ts";
import type { CommandLine } from "../options.ts";
import { concludeResolutions } from "../report.ts";
import { openSession, type Session } from "../session.ts";

/** Resolves the map, starts the command with its secrets and ends as the command ends; with one error it is never started. */
export async function run(commandLine: CommandLine, host: Host): Promise<CommandResult | undefined> {
	const inheritance = recordInheritance(host.process);
	const signals = captureSignals(host.process, inheritance);
	const coreDumps = withholdCoreDumps();
	withholdReports(host.process);
	const { promise: sent, resolve: onSent } = Promise.withResolvers<void>();
	const session = await openSession(commandLine, host, { onSent });
	const { mode } = session;
	const own: Own = {
		process: host.process,
		inheritance,
		signals,
		coreDumps,
		supervision: session.map.run,
		warn: (message, fix) =>
			host.log("warn", message, fix === undefined ? {} : { lines: [`fix: ${fix.cure}`] }),
	};
	await prepareLaunch(mode, own, host.env);
	const hasFiles = session.map.entries.some((entry) => entry.as !== undefined);
	const secretFiles = hasFiles ? await import("../secret-files.ts") : undefined;
	secretFiles?.refuseFiles(session);
	const resolving = session.resolveLines(session.map);
	// What follows until the answers come takes no time of its own.
	await Promise.race([resolving, sent]);
	// A USR1 before our listeners may have left a request to open it.
	await signals.settle();
	await closeInspector(host.process);
	const serviceManager = await findServiceManager(host, { ...session.map.run, inheritance, mode });
	serviceManager?.status(`resolving the secrets of ${session.map.file}`);
	const loading = loadLaunch(mode, { ...own, serviceManager });
	const resolutions = await resolving;
	session.backends.close();

	const { status, values } = concludeResolutions(host.log, resolutions, host.env);
	if (status !== 0) {
		serviceManager?.status(`ended before its command with status ${status}`);
		return { status };
	}

	const files = await secretFiles?.prepareFiles(resolutions, host);
	const secrets = new Map([...values, ...(files?.variables ?? [])]);
	const env = buildEnvironment(await inheritedVariables(session, host), secrets, {
		pristine: commandLine.options.pristine ?? session.map.run.pristine ?? false,
		choices: [commandLine.options, { pass: [], strip: [], ...session.map.run }],
	});
	const [file, ...args] = commandLine.command as [string, ...string[]];
	host.log("debug", `starting ${file} with ${secrets.size} secrets`);
	const asked = { file, args, env, files };
	warnOfDamage(host.log, findDamaged(asked));
	const launch = await loading;
	endLike(host.process, await launch(asked), signals.release);
	return undefined;
}

interface Notification {
	readonly mode: RunMode;
	readonly notify?: RunSettings["notify"];
	readonly inheritance: Inheritance | undefined;
}

async function findServiceManager(
	{ env, log, process }: Host,
	{ inheritance, mode, notify = false }: Notification,
): Promise<ServiceManager | undefined> {
	const address = env.NOTIFY_SOCKET;
	const isCommandTelling = notify === "command";
	// A command that has taken our place is heard without us.
	if (!address || notify === false || (isCommandTelling && mode === "exec")) return undefined;
	const { reachServiceManager } = await import("../../launch/notify.ts");
	const onUntold = (reason: string) => log("warn", `the service manager was not told something: ${reason}`);
	return reachServiceManager({ process, inheritance, address, isCommandTelling, onUntold });
}

function warnOfDamage(log: Host["log"], damaged: readonly string[]): void {
	if (damaged.length === 0) return;
	log("warn", `the command does not get all bytes of ${damaged.join(", ")}: Node reads them as UTF-8`, {
		lines: ["fix: Encode them as UTF-8, or keep such variables away with --strip NAME."],
	});
}

// The dotenv file serves the map only, unless the map says that its variables are for the command as well.
async function inheritedVariables({ envFile, map }: Session, { env }: Host): Promise<Host["env"]> {
	const inherited = completeInherited(env);
	if (map.backends.env?.export !== true || envFile === undefined) return inherited;
	return Object.fromEntries([...(await envFile.variables()), ...Object.entries(inherited)]);
}
