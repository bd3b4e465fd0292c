import { withErrorDescriptor } from "../error-descriptor.ts";
import type { BackendContext } from "./backend.ts";

/** What a program runs in, and what ends it. */
export interface ProgramContext extends Pick<BackendContext, "beforeEnd" | "cwd" | "env" | "killGroup"> {
	readonly signal: AbortSignal;
	/** Whether what it writes to standard error is seen. */
	readonly stderr: "inherit" | "ignore";
	/** `shown`: what it prints goes to our standard error, and there is no output of it. */
	readonly stdout?: "kept" | "shown";
}

const MAX_OUTPUT_BYTES = 64 * 1024;
/** So long what a program has printed may take to come in after its end. */
const LAST_OUTPUT_MS = 200;

/** Why there is no output of a program, in words that follow its name: `ended with status 3`. Holds nothing that it printed. */
export class ProgramFailure extends Error {
	readonly kind: "unstartable" | "late" | "excess" | "ended";

	constructor(kind: ProgramFailure["kind"], reason: string) {
		super(reason);
		this.kind = kind;
	}
}

/**
 * What a program prints until its end, if it is a good one. It is started without a shell, and does not outlive the signal, nor
 * one that ends this process; nor does its group, where there is a way to kill that.
 * @throws {ProgramFailure}
 */
export async function outputOf(words: readonly string[], context: ProgramContext): Promise<Buffer> {
	const [file, ...args] = words as [string, ...string[]];
	const { beforeEnd, cwd, env, killGroup, signal, stderr, stdout = "kept" } = context;
	const { spawn } = await import("node:child_process");
	signal.throwIfAborted();
	const child = withErrorDescriptor((errors) =>
		spawn(file, args, {
			cwd,
			env: { ...env },
			// In a group of its own, so that what it has started ends with it.
			detached: killGroup !== undefined,
			stdio: ["ignore", stdout === "kept" ? "pipe" : errors, stderr === "ignore" ? "ignore" : errors],
		}),
	);
	const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
	const chunks: Buffer[] = [];
	let size = 0;
	const kill = () => {
		if (child.pid !== undefined) killGroup?.(child.pid);
		child.kill("SIGKILL");
	};
	const giveUp = (kind: ProgramFailure["kind"], reason: string) => {
		kill();
		reject(new ProgramFailure(kind, reason));
	};
	const onAbort = () => giveUp("late", "did not end in time");
	signal.addEventListener("abort", onAbort, { once: true });
	const forget = beforeEnd?.(kill);
	child.once("error", ({ code }: NodeJS.ErrnoException) =>
		giveUp("unstartable", `cannot be executed: ${code}`),
	);
	child.stdout?.on("data", (chunk: Buffer) => {
		size += chunk.length;
		chunks.push(chunk);
		if (size > MAX_OUTPUT_BYTES) giveUp("excess", `printed more than ${MAX_OUTPUT_BYTES / 1024} KiB`);
	});
	child.once("exit", () => {
		kill();
		// What it has left behind in another group may hold its output open for ever.
		setTimeout(() => child.stdout?.destroy(), LAST_OUTPUT_MS);
	});
	child.once("close", (status, name) => {
		if (status === 0) resolve(Buffer.concat(chunks));
		const how = name === null ? `ended with status ${status}` : `was killed by ${name}`;
		reject(new ProgramFailure("ended", how));
	});
	return promise.finally(() => {
		signal.removeEventListener("abort", onAbort);
		forget?.();
	});
}
