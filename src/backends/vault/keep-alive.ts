import { setTimeout as sleep } from "node:timers/promises";
import { now } from "../../clock.ts";
import { DstaError } from "../../errors.ts";
import type { LeaseNews } from "../backend.ts";
import type { Term } from "./lease.ts";

/** What lasts for a time and can be renewed. */
export interface Renewable extends Term {
	/** What it is of, for messages. */
	readonly path: string;
	/**
	 * Asks for as long a life as the first one, from now on. Answers what is given; 0: it is over.
	 * @throws {DstaError} it is not given: for now (DSTA_UNAVAILABLE, DSTA_TIMEOUT), or at all
	 */
	renew(signal: AbortSignal): Promise<number>;
	/** Hears when it ends now that it was renewed, on the clock of `now`. */
	onRenewed?(endsAt: number): void;
}

export interface KeepAliveOptions {
	readonly onNews: (news: LeaseNews) => void;
	/** Ends it. */
	readonly signal: AbortSignal;
}

/**
 * Renews something whenever two thirds of its life are over, until that cannot be done any further. Nothing of it keeps or ends
 * the process. After a sleep of the machine, of which no clock here knows, it is the server that says whether it was too long.
 */
export async function keepAlive(renewable: Renewable, options: KeepAliveOptions): Promise<void> {
	try {
		await renewUntilEnd(renewable, options);
	} catch (error) {
		if (options.signal.aborted) return;
		const reason = `renewing it failed (${error instanceof Error ? error.name : typeof error})`;
		options.onNews({ kind: "ending", path: renewable.path, leftMs: leftOf(renewable), reason, cure: BUG });
	}
}

async function renewUntilEnd(renewable: Renewable, { onNews, signal }: KeepAliveOptions): Promise<void> {
	const { isRenewable, lifeMs, path } = renewable;
	let { endsAt } = renewable;
	const leftMs = () => leftOf({ endsAt });
	const tell = (kind: LeaseNews["kind"], why: Why) => onNews({ kind, path, leftMs: leftMs(), ...why });

	// A server that does not answer for a while loses nothing as long as there is time.
	async function renew(): Promise<number | Why> {
		for (let attempt = 1; ; attempt++) {
			// It takes whole numbers alone.
			const limit = AbortSignal.timeout(
				Math.ceil(Math.min(ATTEMPT_MS, Math.max(LEAST_ATTEMPT_MS, leftMs()))),
			);
			const sentAt = now();
			const outcome = await outcomeOf(renewable.renew(AbortSignal.any([signal, limit])));
			signal.throwIfAborted();
			if (typeof outcome === "number") {
				endsAt = sentAt + outcome;
				renewable.onRenewed?.(endsAt);
				return outcome;
			}
			const why = { reason: outcome.message, cure: outcome.cure };
			if (outcome.failureClass !== "unavailable" || leftMs() === 0) return why;
			if (attempt === 1) tell("late", why);
			await pause(pauseMs(leftMs()), signal);
		}
	}

	for (;;) {
		// A little earlier, each at another moment, so that what began at once is not renewed at once.
		await pause(leftMs() - lifeMs * (1 - TWO_THIRDS * (0.9 + 0.1 * Math.random())), signal);
		if (!isRenewable) return tell("ending", NOT_RENEWABLE);
		const outcome = await renew();
		if (typeof outcome !== "number") return tell("ending", outcome);
		if (outcome < lifeMs) return tell("ending", outcome === 0 ? OVER : NO_FURTHER);
	}
}

/** Why something is not renewed, and what to do. */
type Why = Pick<LeaseNews, "reason" | "cure">;

const TWO_THIRDS = 2 / 3;
const ATTEMPT_MS = 10_000;
const LEAST_ATTEMPT_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** The longest time that a timer of the runtime can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const RESTART = "Start the command anew before that, which gets it new ones.";
const NOT_RENEWABLE: Why = { reason: "it is not renewable", cure: RESTART };
const NO_FURTHER: Why = {
	reason: "its longest life is reached",
	cure: `${RESTART} How long that is says max_ttl of the role, of the mount, or of the server.`,
};
const BUG = "Please report it: this is a bug of dsta-run.";
const OVER: Why = { reason: "Vault does not know it any more", cure: "Start the command anew." };

function leftOf({ endsAt }: Pick<Renewable, "endsAt">): number {
	return Math.max(0, endsAt - now());
}

async function outcomeOf(renewal: Promise<number>): Promise<number | DstaError> {
	try {
		return await renewal;
	} catch (error) {
		if (error instanceof DstaError) return error;
		throw error;
	}
}

// Ever shorter towards the end, and never for all at the same moment.
function pauseMs(leftMs: number): number {
	return Math.min(LONGEST_PAUSE_MS, leftMs / 3) * (0.5 + Math.random() / 2);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
	await sleep(Math.min(MAX_TIMER_MS, Math.max(LEAST_PAUSE_MS, ms)), undefined, { ref: false, signal });
}

/** What keeps a server from being asked without end whose answers are nonsense. */
const LEAST_PAUSE_MS = 100;
