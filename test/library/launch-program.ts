import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const REGISTER = new URL("../../dist/register.mjs", import.meta.url).href;

export interface Surroundings {
	readonly map: string;
	readonly env: Readonly<Record<string, string>>;
}

/** Runs an ES module with the secrets of a map, which the register entry loads before it. */
export async function launchProgram(
	program: string,
	{ env, map }: Surroundings,
): Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }> {
	const cwd = mkdtempSync(join(tmpdir(), "dsta-run-register-"));
	writeFileSync(join(cwd, "secrets.map.yaml"), map);
	writeFileSync(join(cwd, "app.mjs"), program);
	const child = spawn(process.execPath, ["--import", REGISTER, "app.mjs"], {
		cwd,
		env: { PATH: process.env.PATH, ...env },
		stdio: ["ignore", "pipe", "pipe"],
	});
	const [stdout, stderr, [status]] = await Promise.all([
		text(child.stdout),
		text(child.stderr),
		once(child, "exit"),
	]);
	return { status, stdout, stderr };
}
