import { fork } from "node:child_process";
import { once } from "node:events";

/** What came in since the last time that somebody asked. */
export interface Counts {
	readonly requests: number;
	readonly connections: number;
}

/** What is asked of proxy.ts. */
export type Wish = "count" | { readonly latencyMs: number };

/** What launchers see of a server: a proxy that counts and takes its time. */
export interface Front {
	readonly address: string;
	setLatency(latencyMs: number): void;
	/** Gives the counts and begins anew. */
	count(): Promise<Counts>;
	stop(): void;
}

/** Starts a proxy in front of a server. */
export async function startFront(target: string, { isTls }: { readonly isTls: boolean }): Promise<Front> {
	const child = fork(new URL("proxy.ts", import.meta.url), [target, isTls ? "tls" : "plain"]);
	const stop = () => child.kill("SIGKILL");
	process.once("exit", stop);
	const [address] = (await once(child, "message")) as [string];
	return {
		address,
		setLatency(latencyMs) {
			child.send({ latencyMs } satisfies Wish);
		},
		async count() {
			const answer = once(child, "message");
			child.send("count" satisfies Wish);
			const [counts] = (await answer) as [Counts];
			return counts;
		},
		stop,
	};
}
