import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Overrides } from "../../../src/backends/backend.ts";
import { RUNTIME, RUNTIME_ENV } from "../../process/launch.ts";

/** What a child that reads one path said. */
export interface Outcome {
	/** The length of the value, so that no value is printed. */
	readonly length?: number;
	readonly absent?: true;
	readonly code?: string;
	readonly message?: string;
	readonly cure?: string;
}

export interface Run {
	readonly outcome: Outcome;
	/** Every byte on standard output and standard error. */
	readonly output: string;
	readonly stderr: string;
}

export interface RunOptions {
	readonly env: Readonly<Record<string, string>>;
	readonly settings?: Overrides;
	readonly home?: string;
	readonly timeoutMs?: number;
	/** As a user who may not read what others forbid, even where the tests run as root. */
	readonly asNobody?: boolean;
}

/**
 * Reads `a/b/c` at AWS in a process of its own: the SDK reads some of its settings from the environment of the process, and
 * writes its warnings to standard error past every logger.
 */
export async function readInChild({
	asNobody = false,
	env,
	home = "/nonexistent",
	settings = {},
	timeoutMs = 20_000,
}: RunOptions): Promise<Run> {
	const script = fileURLToPath(new URL("read-child.ts", import.meta.url));
	const child = spawn(RUNTIME, [script, JSON.stringify({ asNobody, home, settings, timeoutMs })], {
		env: { ...RUNTIME_ENV, HOME: home, ...env },
		stdio: ["ignore", "pipe", "pipe"],
	});
	let stdout = "";
	let stderr = "";
	child.stdout.setEncoding("utf8").on("data", (text) => {
		stdout += text;
	});
	child.stderr.setEncoding("utf8").on("data", (text) => {
		stderr += text;
	});
	await once(child, "close");
	return { outcome: JSON.parse(stdout || "{}"), output: stdout + stderr, stderr };
}
