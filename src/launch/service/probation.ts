import type { Ending } from "../child.ts";
import type { Own } from "../own.ts";
import type { Gate } from "./gate.ts";
import { delay, type Incumbent } from "./incumbent.ts";
import { awaitReady, type Readiness } from "./ready.ts";

/** What a new command has to stand. */
export interface Probation {
	readonly own: Own;
	readonly lastsMs: number;
	readonly readiness: Readiness | undefined;
	/** Resolves when it has said itself that it is ready. */
	readonly saidReady: (pid: number) => Promise<void>;
	/** Hears that it has shown that it runs: it is ready, or past the time where nothing shows that. */
	readonly onSettled: (candidate: Incumbent) => void;
}

/** Whether a new command may stay; `over`: it is not to be replaced by another one either. */
export type Verdict =
	| { readonly kind: "running" }
	| { readonly kind: "over" }
	/** For a reason without values. */
	| { readonly kind: "failed"; readonly reason: string };

/** Watches a new command until it is past its probation, has failed, or is told to end. */
export async function judge(
	candidate: Incumbent,
	probation: Probation,
	{ told }: Pick<Gate, "told">,
): Promise<Verdict> {
	const watching = new AbortController();
	try {
		return await Promise.race([
			candidate.running.ended.then((ending) => judgeEnd(candidate, ending)),
			told(watching.signal).then((): Verdict => ({ kind: "over" })),
			withstand(candidate, probation, watching.signal),
		]);
	} finally {
		watching.abort();
	}
}

/** Waits until a command is ready and its time is over, or it is not ready in time. */
export async function withstand(
	candidate: Incumbent,
	{ lastsMs, onSettled, own, readiness, saidReady }: Probation,
	signal: AbortSignal,
): Promise<Verdict> {
	const { command, pid } = candidate;
	const time = delay(lastsMs, signal);
	if (readiness !== undefined) {
		const reason = await awaitReady(readiness, { own, command, saidReady: () => saidReady(pid), signal });
		if (reason !== undefined) return { kind: "failed", reason };
		onSettled(candidate);
	}
	await time;
	onSettled(candidate);
	return { kind: "running" };
}

// An end with status 0, or after a signal that asked for it, is one that is meant.
function judgeEnd({ askedAtMs }: Incumbent, ending: Ending): Verdict {
	if (askedAtMs !== undefined || ("status" in ending && ending.status === 0)) return { kind: "over" };
	const end = "status" in ending ? `ended with status ${ending.status}` : `died of signal ${ending.signal}`;
	return { kind: "failed", reason: `it ${end} soon after its start` };
}
