import { basename, resolve } from "node:path";
import { isMainThread } from "node:worker_threads";
import type { Lease } from "../backends/backend.ts";
import { DstaError } from "../errors.ts";
import { completeInherited } from "../launch/inherited.ts";
import { createLog, type Log } from "../observe/log.ts";
import { commandEnvironment } from "../resolve/command-environment.ts";
import { recordsOf } from "./audited.ts";
import { isErrorOutputColored } from "./color.ts";
import { hasFiles } from "./feasibility.ts";
import { parseCommandLine } from "./options.ts";
import { writeOut } from "./output.ts";
import { concludeResolutions, reportBug, reportProblem } from "./report.ts";
import { openSession, type Session } from "./session.ts";

/** Says, to the workers and children of a program, that it has its secrets, and of which map. */
const MARK = "DSTA_REGISTERED";

/**
 * Puts the secrets of a map into the environment of this process before its program begins, for those who cannot change how it
 * is started: `node --import dsta-run/register app.js`. DSTA_MAP and the other variables of `dsta-run` say what its options do.
 * Where something fails the program is not begun, and the process ends as `dsta-run` would.
 */
export async function register(process: NodeJS.Process): Promise<void> {
	const output = {
		write: (text: string) => writeOut(2, text),
		isColored: () => isErrorOutputColored(process),
	};
	let log = createLog({ level: "warn", format: "text", ...output });
	try {
		const commandLine = parseCommandLine(["check"], process.env);
		const { logFormat: format, logLevel: level, map: file = "secrets.map.yaml" } = commandLine.options;
		log = createLog({ level, format, ...output });
		const mark = resolve(file);
		if (!isMainThread || process.env[MARK] === mark) return;
		const nothing = () => undefined;
		const terminal = {
			isTTY: () => false,
			write: nothing,
			stopWaiting: nothing,
			flush: async () => undefined,
		};
		const env = { ...process.env };
		const host = { process, env, cwd: process.cwd(), home: env.HOME, log, terminal };
		const session = await openSession(commandLine, host);
		if (hasFiles(session.map))
			throw new DstaError(
				"DSTA_UNSUPPORTED",
				`${file} gives secrets as files, which dsta-run/register does not do`,
				{
					cure: "Take as: file from their entries, or start the program with dsta-run --.",
				},
			);
		const audit = await session.openAudit();
		const resolutions = await session.resolveLines(session.map);
		const { status, values } = concludeResolutions(log, resolutions, env);
		if (status !== 0) {
			await session.backends.release();
			process.exit(status);
		}
		audit?.write(recordsOf("inject", resolutions, { command: basename(process.argv[1] ?? "") }));
		await session.saveSnapshot();
		const leases = await session.backends.leases();
		if (leases.length > 0) await keep(session, leases, log);
		else await session.backends.release();
		const { envFile, map } = session;
		const wanted = await commandEnvironment(map, {
			envFile,
			inherited: completeInherited(env),
			secrets: values,
		});
		for (const name of Object.keys(env)) if (!Object.hasOwn(wanted, name)) delete process.env[name];
		Object.assign(process.env, wanted, { [MARK]: mark });
	} catch (error) {
		if (error instanceof DstaError) reportProblem(log, { error, names: [] });
		else reportBug(log, error);
		process.exit(error instanceof DstaError ? error.exitStatus : 70);
	}
}

// As long as the program runs, whatever the map says of a launcher.
async function keep(session: Session, leases: readonly Lease[], log: Log): Promise<void> {
	const { lookAfter } = await import("./leases.ts");
	await lookAfter(leases, { ...session, manner: { ...session.manner, mode: "spawn" } }, log);
}
