import { appendFileSync } from "node:fs";
import { DstaError } from "../../errors.ts";
import type { Outcome } from "../../resolve/resolve.ts";
import { recordsOf } from "../audited.ts";
import { FORMATS } from "../export/formats.ts";
import { maskCommands } from "../export/github.ts";
import type { CommandResult, Host } from "../host.ts";
import { usage } from "../mistakes.ts";
import type { CommandLine, Options } from "../options.ts";
import { cannotWrite, replaceFile } from "../output-file.ts";
import { concludeResolutions, fixLines, listNames, reportProblem } from "../report.ts";
import { openSession, type Session } from "../session.ts";
import type { ExportFormat } from "../usage.ts";

/**
 * Resolves the map as a run would and prints its variables in a format, all of them or none.
 * @throws {DstaError} DSTA_USAGE an option does not go with the format · DSTA_CONFIG, DSTA_OUTPUT there is no file to write to ·
 * as `openSession`
 */
export async function exportVariables(commandLine: CommandLine, host: Host): Promise<CommandResult> {
	const { options } = commandLine;
	const { format = "dotenv" } = options;
	const name = nameOf(options, format);
	const deliver = prepareDelivery(options, format, host);
	const session = await openSession(commandLine, host);
	const audit = await session.openAudit();
	const resolutions = await session.resolveLines(session.map);
	const { status, values } = concludeResolutions(host.log, resolutions, host.env);
	const misfits = status === 0 ? misfitsOf(values, format) : [];
	for (const error of misfits) reportProblem(host.log, { error, names: [] });
	if (status !== 0 || misfits.length > 0) {
		await session.backends.release();
		return { status: status || (misfits[0] as DstaError).exitStatus };
	}
	warnOfFiles(resolutions, host);
	audit?.write(
		recordsOf(
			"export",
			resolutions.filter(({ as }) => as === undefined),
		),
	);
	await letGo(session, host);
	return { status: 0, output: deliver(FORMATS[format].render(values, name), values) };
}

/** Puts the text where it belongs, and answers what is for standard output. */
type Deliver = (text: string, values: ReadonlyMap<string, string>) => string;

// Before anybody is asked for a secret.
function prepareDelivery({ output: file }: Options, format: ExportFormat, { cwd, env }: Host): Deliver {
	if (format !== "github") {
		if (file === undefined) return (text) => text;
		return (text) => {
			replaceFile({ file, cwd, mode: 0o600 }, text);
			return "";
		};
	}
	if (file !== undefined)
		throw usage("--output is not for the format github, which writes to GITHUB_ENV", "Leave it out.");
	const { GITHUB_ENV } = env;
	if (!GITHUB_ENV)
		throw new DstaError("DSTA_CONFIG", "GITHUB_ENV is not set, so that this is no step of GitHub Actions", {
			cure: "Take another format, or name a file by GITHUB_ENV to see what a step would get.",
		});
	return (text, values) => {
		try {
			appendFileSync(GITHUB_ENV, text);
		} catch (error) {
			throw cannotWrite(GITHUB_ENV, error as NodeJS.ErrnoException);
		}
		return maskCommands(values);
	};
}

function nameOf({ name }: Options, format: ExportFormat): string {
	if (name === undefined) return "dsta-secrets";
	if (format !== "k8s") throw usage(`--name is for the format k8s, and not for ${format}`, "Leave it out.");
	if (/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(name)) return name;
	throw usage(
		`--name ${JSON.stringify(name)} is no name of a Secret`,
		"Write lower case letters, digits, hyphens and dots: --name api-secrets.",
	);
}

function misfitsOf(values: ReadonlyMap<string, string>, format: ExportFormat): readonly DstaError[] {
	const { misfit } = FORMATS[format];
	return [...values].flatMap(([name, value]) => {
		const reason = value.isWellFormed() ? misfit?.(value, name) : "its value is not valid Unicode";
		if (reason === undefined) return [];
		return new DstaError("DSTA_INVALID_VALUE", `${name} cannot be written as ${format}: ${reason}`, {
			cure: "Take another format (json and yaml hold every value), or start the program with dsta-run --.",
		});
	});
}

function warnOfFiles(outcomes: readonly Outcome[], { log }: Host): void {
	const names = outcomes.filter(({ as }) => as !== undefined).flatMap(({ values }) => [...values.keys()]);
	if (names.length === 0) return;
	const cure = "dsta-run get PATH prints what is in one; a command gets them from dsta-run --.";
	log("warn", `left out, since a run makes files of them: ${listNames(names)}`, {
		event: "export.left-out",
		lines: fixLines(cure),
		names,
		cure,
	});
}

// What was lent is to be used by whoever reads it, and it would end with the token of a login.
async function letGo({ backends }: Session, { log }: Host): Promise<void> {
	const leases = await backends.leases();
	if (leases.length === 0) return backends.release();
	const { warnOfNobody } = await import("../leases.ts");
	warnOfNobody(leases, log, {
		when: "after an export",
		cure: "Start what goes on for longer with dsta-run --, which looks after them.",
	});
	backends.close();
}
