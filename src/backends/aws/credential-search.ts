import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import { externalDataInterceptor } from "@smithy/core/config";
import type { BackendContext } from "../backend.ts";
import { withEndOf } from "../deadline.ts";
import { AwsFault } from "./fault.ts";

/** A search for credentials. */
interface Search {
	/** Ends what the search has started. */
	readonly signal: AbortSignal;
	readonly killTree: BackendContext["killTree"];
	/** What was wrong with a credential_process. */
	failure?: string;
}

const searches = new AsyncLocalStorage<Search>();
let isListening = false;

/**
 * Lets the SDK search for credentials. It knows no signal there: the processes that it starts and the connections that it
 * opens meanwhile end with ours, and with this process.
 */
export async function searchCredentials<T>(
	search: () => Promise<T>,
	{
		beforeEnd,
		killTree,
		signal,
	}: Pick<BackendContext, "beforeEnd" | "killTree"> & { readonly signal: AbortSignal },
): Promise<T> {
	if (!isListening) listen();
	const ending = new AbortController();
	const end = () => ending.abort();
	const forget = beforeEnd?.(end);
	signal.addEventListener("abort", end, { once: true });
	const mine: Search = { killTree, signal: withEndOf(signal, ending.signal) };
	try {
		return await searches.run(mine, search);
	} catch (error) {
		// The SDK went on to other sources, and tells of the last.
		if (mine.failure !== undefined) throw new AwsFault("noCredentials", mine.failure);
		throw error;
	} finally {
		signal.removeEventListener("abort", end);
		forget?.();
	}
}

/** The signal of the search that this is part of. */
export function searchSignal(): AbortSignal | undefined {
	return searches.getStore()?.signal;
}

function listen(): void {
	isListening = true;
	externalDataInterceptor.interceptToken("exec", runProcess);
	subscribe("net.client.socket", (message) => {
		const { socket } = message as { readonly socket: { destroy(): void } };
		const signal = searchSignal();
		const close = () => socket.destroy();
		// Not at once: what is closed before it connects is opened by that again.
		if (signal?.aborted) queueMicrotask(close);
		else signal?.addEventListener("abort", close, { once: true });
	});
}

type Callback = (error: Error | undefined, output?: { readonly stdout: string }) => void;

/** Runs a credential_process in the place of `exec`. What it writes to standard error may hold anything, and is not shown. */
function runProcess(command: string, done: Callback): void {
	const search = searches.getStore();
	const fail = (failure: string) => {
		if (search !== undefined) search.failure = failure;
		done(new Error("credential_process"));
	};
	import("node:child_process").then(({ exec }) => {
		const child = exec(command, (error, stdout) => {
			search?.signal.removeEventListener("abort", kill);
			if (error !== null) fail(`its credential_process ${endOf(error)}`);
			else if (!holdsCredentials(stdout)) fail("its credential_process printed none");
			else done(undefined, { stdout });
		});
		// By hand: at a signal of its own exec() sends TERM, which may be ignored.
		const kill = () => {
			// Not its group, which is ours: it may have to ask on the terminal.
			if (child.pid !== undefined) search?.killTree?.(child.pid);
			child.kill("SIGKILL");
		};
		search?.signal.addEventListener("abort", kill, { once: true });
		if (search?.signal.aborted) kill();
	});
}

function endOf({ code, signal }: { readonly code?: unknown; readonly signal?: unknown }): string {
	return typeof code === "number" ? `ended with status ${code}` : `was ended by ${signal ?? code}`;
}

function holdsCredentials(stdout: string): boolean {
	try {
		const { AccessKeyId, SecretAccessKey } = JSON.parse(stdout);
		return typeof AccessKeyId === "string" && typeof SecretAccessKey === "string";
	} catch {
		return false;
	}
}
