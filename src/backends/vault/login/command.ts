import type { ChildProcess } from "node:child_process";
import { DstaError, type ErrorCode } from "../../../errors.ts";
import { checkToken } from "../token.ts";
import { type Attempt, halfLogin, type LogIn } from "./attempt.ts";

const MAX_OUTPUT_BYTES = 64 * 1024;

/** Takes the token from the standard output of a command, which is run without a shell and has our standard error. */
export const askCommand: LogIn = async (attempt) => {
	const { auth, context, signal } = attempt;
	const [file, ...args] = auth.command ?? [];
	if (file === undefined) {
		const reason = "the environment has no variable for it";
		const cure = "Write it into the map (vault.auth: { method: command, command: [WORD, …] })";
		throw halfLogin(attempt, { part: "command", reason, cure });
	}
	const { spawn } = await import("node:child_process");
	signal.throwIfAborted();
	const { cwd, env } = context;
	// In a group of its own, so that what it has started ends with it.
	const child = spawn(file, args, {
		cwd,
		env: { ...env },
		detached: true,
		stdio: ["ignore", "pipe", "inherit"],
	});
	const token = (await outputOf(child, file, attempt)).replace(/\r?\n$/, "");
	if (token === "") throw failed("DSTA_CONFIG", file, "printed no token");
	return { token: checkToken(token, `the output of ${file}`), isOurs: false };
};

/** What a command prints until its end, if it is a good one; it and its group are gone then. */
function outputOf(child: ChildProcess, file: string, { context, signal }: Attempt): Promise<string> {
	const { promise, resolve, reject } = Promise.withResolvers<string>();
	const chunks: Buffer[] = [];
	let size = 0;
	const kill = () => {
		if (child.pid !== undefined) context.killGroup?.(child.pid);
		child.kill("SIGKILL");
	};
	const giveUp = (error: DstaError) => {
		kill();
		reject(error);
	};
	const onAbort = () => giveUp(failed("DSTA_TIMEOUT", file, "did not end in time"));
	signal.addEventListener("abort", onAbort, { once: true });
	const forget = context.beforeEnd?.(kill);
	child.once("error", ({ code }: NodeJS.ErrnoException) =>
		giveUp(failed("DSTA_CONFIG", file, `cannot be executed: ${code}`)),
	);
	child.stdout?.on("data", (chunk: Buffer) => {
		size += chunk.length;
		chunks.push(chunk);
		if (size > MAX_OUTPUT_BYTES) giveUp(failed("DSTA_CONFIG", file, "printed more than a token"));
	});
	// What it has left behind may hold its output open.
	child.once("exit", kill);
	child.once("close", (status, name) => {
		if (status === 0) resolve(Buffer.concat(chunks).toString("utf8"));
		const how = name === null ? `ended with status ${status}` : `was killed by ${name}`;
		reject(failed("DSTA_UNAVAILABLE", file, how));
	});
	return promise.finally(() => {
		signal.removeEventListener("abort", onAbort);
		forget?.();
	});
}

// Neither its arguments nor what it printed: both may hold credentials.
function failed(code: ErrorCode, file: string, how: string): DstaError {
	return new DstaError(code, `Vault not available: no token from the command ${file}, which ${how}`, {
		backend: "vault",
		cure: `Run it by hand as vault.auth.command has it: it is to print a token and nothing else, and to end with status 0.`,
	});
}
