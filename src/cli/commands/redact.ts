import { constants } from "node:os";
import { DstaError, exitStatusOf } from "../../errors.ts";
import { startPump } from "../../launch/outputs/pump.ts";
import { dieOf } from "../../launch/signals.ts";
import { createRedactor } from "../../observe/redact.ts";
import { collect } from "../../resolve/resolve.ts";
import type { CommandResult, Host } from "../host.ts";
import type { CommandLine } from "../options.ts";
import { learnSecrets } from "../redaction.ts";
import { problemsOf, reportProblems } from "../report.ts";
import { openSession } from "../session.ts";

/**
 * Copies standard input to standard output without the secrets of the map; nothing is copied before they are known.
 * @throws {DstaError} DSTA_OUTPUT not all can be copied · as `openSession`
 */
export async function redact(commandLine: CommandLine, host: Host): Promise<CommandResult | undefined> {
	const { log, process } = host;
	const session = await openSession(commandLine, host);
	const resolutions = await session.resolveLines(session.map);
	session.backends.close();
	await session.backends.release();
	const { errors } = collect(resolutions);
	if (errors.length > 0) {
		reportProblems(log, problemsOf(resolutions));
		return { status: exitStatusOf(errors) };
	}
	const redactor = createRedactor();
	learnSecrets(redactor, resolutions, log);
	// On the terminal Ctrl-C is for the program that writes as well, whose last words are to be copied.
	if (!process.stdin.isTTY) process.on("SIGINT", () => undefined);
	const failures: string[] = [];
	const onFailure = (code: string) => void failures.push(code);
	const { ended } = startPump(process.stdin, { to: 1, filter: redactor.open(), onFailure });
	if (!(await ended).isRefused) return { status: 0 };
	if (failures.length > 0)
		throw new DstaError("DSTA_OUTPUT", `Standard input cannot be copied to standard output: ${failures[0]}`, {
			cure: "Give it a place that can be written; what was copied until now is not complete.",
		});
	// As any program whose reader has gone.
	dieOf(process, constants.signals.SIGPIPE, () => undefined);
	return undefined;
}
