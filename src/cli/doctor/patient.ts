import { DstaError, type ErrorCode } from "../../errors.ts";
import type { Host } from "../host.ts";
import type { CommandLine, Options } from "../options.ts";
import { EMPTY_MAP, openSession, type Session, type SessionOptions } from "../session.ts";
import { type Finding, toFinding } from "./look.ts";

/** What is looked at. */
export interface Patient {
	/** Its log is what the findings of `heard` come from. */
	readonly host: Host;
	readonly options: Options;
	readonly session: Session;
	/** Whether the map could be read: otherwise the session has none. */
	readonly hasMap: boolean;
	/** What was found while it was opened, and what its backends warn of: it grows while they are asked. */
	readonly heard: readonly Finding[];
}

/** Nobody waits for longer. */
const TIMEOUT_MS = 5000;

/** Opens what a run would; what is wrong with the map or the env file is a finding, and the rest is opened without it. */
export async function openPatient({ options, ...rest }: CommandLine, given: Host): Promise<Patient> {
	const heard: Finding[] = [];
	const host: Host = { ...given, log: hear(heard), terminal: { ...given.terminal, isTTY: () => false } };
	const commandLine = { ...rest, options: { ...options, timeoutMs: options.timeoutMs ?? TIMEOUT_MS } };
	const open = (changed: Partial<Options>, sessionOptions: SessionOptions = {}) =>
		openSession({ ...commandLine, options: { ...commandLine.options, ...changed } }, host, sessionOptions);
	const ready = { host, options: commandLine.options, heard };
	try {
		return { ...ready, session: await open({}), hasMap: true };
	} catch (error) {
		if (isAboutEnvFile(error)) {
			heard.push(toFinding(error, { check: "env-file" }));
			return await open({ envFile: false }).then(
				(session) => ({ ...ready, session, hasMap: true }),
				async (wrong) => ({ ...ready, ...(await openWithout(wrong)) }),
			);
		}
		return { ...ready, ...(await openWithout(error)) };
	}

	async function openWithout(error: unknown): Promise<Pick<Patient, "session" | "hasMap">> {
		heard.push(...findingsOfMap(error));
		return { session: await open({ envFile: false }, { map: EMPTY_MAP }), hasMap: false };
	}
}

function isAboutEnvFile(error: unknown): boolean {
	return error instanceof DstaError && error.code === "DSTA_FILE_NOT_FOUND" && error.backend === "env";
}

// Each mistake in a map has a line of the message.
function findingsOfMap(error: unknown): readonly Finding[] {
	const finding = toFinding(error, { check: "map" });
	return finding.message.split("\n").map((message) => ({ ...finding, message }));
}

// As records say more than the lines that people read.
function hear(heard: Finding[]): Host["log"] {
	return (level, message, fields) => {
		if ((level !== "warn" && level !== "error") || fields.text === "") return;
		const {
			backend,
			code,
			cure,
			path,
			text = message,
		} = fields as {
			readonly [name: string]: string | undefined;
		};
		heard.push({
			check: "secrets",
			severity: level === "error" ? "error" : "warning",
			message: text.replace(/ \[DSTA_\w+\]$/, ""),
			cure,
			path,
			backend,
			code: code as ErrorCode | undefined,
		});
	};
}
