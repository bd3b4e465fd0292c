import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { RUNTIME, RUNTIME_ENV } from "../process/launch.ts";
import type { Context } from "./context.ts";

/** A process that reads one path. */
export interface Reader {
	readonly ended: Promise<{ status: number | null; output: string; errors: string }>;
	/** Lets it give up its read. */
	giveUp(): void;
}

/** Reads a path in a process of its own, which closes the backend and then does nothing more. */
export function startReader(backend: string, context: Context, path: string): Reader {
	const script = fileURLToPath(new URL("reader.ts", import.meta.url));
	const child = spawn(RUNTIME, [script, JSON.stringify({ backend, context, path })], {
		env: RUNTIME_ENV,
	});
	let output = "";
	let errors = "";
	child.stdout.on("data", (chunk) => (output += chunk));
	child.stderr.on("data", (chunk) => (errors += chunk));
	return {
		ended: once(child, "close").then(([status]) => ({ status, output, errors })),
		giveUp: () => child.stdin.end(),
	};
}
