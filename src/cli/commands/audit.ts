import { dirname, isAbsolute, join } from "node:path";
import { DstaError } from "../../errors.ts";
import { listRotated } from "../../observe/audit/rotated.ts";
import { isStream } from "../../observe/audit/stream.ts";
import { type Place, type Verdict, verifyAudit } from "../../observe/audit/verify.ts";
import type { CommandResult, Host } from "../host.ts";
import { isMissing } from "../is-missing.ts";
import { usage } from "../mistakes.ts";
import type { CommandLine } from "../options.ts";
import { renderTable, reportProblem } from "../report.ts";
import { openSession } from "../session.ts";

/**
 * Finds what was changed, removed or moved in an audit log.
 * @throws {DstaError} DSTA_USAGE it is not said what to do, or with which file · DSTA_FILE_NOT_FOUND there is none ·
 * DSTA_CONFIG it cannot be read
 */
export async function audit(commandLine: CommandLine, host: Host): Promise<CommandResult> {
	const {
		operands: [verb],
		options,
	} = commandLine;
	if (verb !== "verify")
		throw usage("dsta-run audit has one thing to do: verify", "Write: dsta-run audit verify");
	const files = await findFiles(commandLine, host);
	const verdict = readable(() => verifyAudit(files, options.expect));
	const error = errorOf(verdict, options.expect);
	for (const place of verdict.cut)
		host.log("warn", `${show(place)}: only begun: its writer was killed, or still writes`, {
			event: "audit.cut",
		});
	if (error !== undefined) reportProblem(host.log, { error, names: [] });
	const status = error?.exitStatus ?? 0;
	return {
		status,
		output: options.json ? `${JSON.stringify({ status, ...verdict }, undefined, 2)}\n` : render(verdict),
	};
}

// One file stands for its log, with what was rotated of it; of several each is meant alone.
async function findFiles(commandLine: CommandLine, host: Host): Promise<readonly string[]> {
	const [, ...named] = commandLine.operands;
	const files = (named.length > 0 ? named : [await configuredFile(commandLine, host)]).map((file) =>
		file === "-" || isAbsolute(file) ? file : join(host.cwd, file),
	);
	const [only = "", ...others] = files;
	const all = others.length > 0 || only === "-" ? files : withRotated(only);
	const missing = all.find((file) => file !== "-" && isMissing(file));
	if (missing === undefined) return all;
	throw new DstaError("DSTA_FILE_NOT_FOUND", `The audit log ${missing} does not exist`, {
		cure: "Name the file that --audit, DSTA_AUDIT or audit: in the map of the run says.",
	});
}

async function configuredFile(commandLine: CommandLine, host: Host): Promise<string> {
	const file = commandLine.options.audit ?? (await openSession(commandLine, host)).audit?.file;
	if (file === undefined)
		throw usage(
			"There is no audit log to verify: the map has no audit:",
			"Write: dsta-run audit verify FILE",
		);
	if (!isStream(file)) return file;
	throw usage(
		`The audit log goes to ${file}, which cannot be read again`,
		"Name the file that it was collected in, or - for standard input.",
	);
}

function withRotated(file: string): readonly string[] {
	// By the slash a file is missing as a folder.
	if (isMissing(`${dirname(file)}/`)) return [file];
	const rotated = readable(() => listRotated(file))
		.filter(({ size }) => size > 0)
		.map((one) => one.file);
	return !isMissing(file) || rotated.length === 0 ? [...rotated, file] : rotated;
}

function readable<Content>(read: () => Content): Content {
	try {
		return read();
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		if (code === undefined) throw error;
		throw new DstaError("DSTA_CONFIG", `The audit log cannot be read: ${message}`, {
			cure: "Run this as a user who may read all files of the log.",
		});
	}
}

function errorOf(
	{ expectedAt, faultCount, faults }: Verdict,
	expected: string | undefined,
): DstaError | undefined {
	const isMissing = expected !== undefined && expectedAt === undefined;
	const lines = [
		...faults.slice(0, MAX_SHOWN).map((fault) => `${show(fault)}: this line ${fault.message}`),
		...(faultCount > MAX_SHOWN ? [`… and ${faultCount - MAX_SHOWN} more`] : []),
		...(isMissing
			? [`the head ${expected} is not in this log: its end was cut off, or it was written anew`]
			: []),
	];
	if (lines.length === 0) return undefined;
	return new DstaError("DSTA_AUDIT", `the audit log is not as it was written\n${lines.join("\n")}`, {
		cure: "Keep the files as they are, and compare them with a copy that was shipped elsewhere.",
	});
}

const MAX_SHOWN = 20;

function show({ file, line }: Place): string {
	return `${file}:${line}`;
}

const BEGINNINGS: Readonly<Record<string, string>> = {
	log: "with the first record of the log",
	stream: "with the first record of a process",
};

function render({ begins, chains, expectedAt, files, head }: Verdict): string {
	const rows = files.map(({ file, first = "-", last = "-", records }) => [file, `${records}`, first, last]);
	const facts = [
		["begins", begins === undefined ? "without a first record" : (BEGINNINGS[begins] ?? `as the ${begins}`)],
		...(chains > 1 ? [["chains", `${chains}`]] : []),
		["head", head || "-"],
		...(expectedAt === undefined ? [] : [["expected", `the head after ${show(expectedAt)}`]]),
	];
	return `${renderTable([["FILE", "RECORDS", "FIRST", "LAST"], ...rows])}\n${renderTable(facts)}`;
}
