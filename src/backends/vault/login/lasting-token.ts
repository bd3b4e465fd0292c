import { DstaError } from "../../../errors.ts";
import { perSignal } from "../../per-signal.ts";
import type { Tokens } from "../token.ts";
import type { Obtained } from "./attempt.ts";
import { type Shared, share } from "./share.ts";

/** A token that is obtained for who asks first, and again when it is over. */
export interface LastingToken extends Tokens {
	/** The token in use, and after it the one before, where that may still live. */
	obtained(): readonly Obtained[];
	/** Has the next to ask obtain another one while this one still lives; where that fails, it is used up to its end. */
	replace(): void;
}

export interface LastingTokenOptions {
	readonly obtain: Shared<Obtained>;
	/** Whether the token in use is over. */
	readonly isOver: (signal: AbortSignal) => Promise<boolean>;
	/** Takes a token into use. */
	readonly useToken: (token: string) => void;
	/** The failure of who has waited in vain. */
	readonly gaveUp: () => Error;
}

export function createLastingToken(options: LastingTokenOptions): LastingToken {
	const { gaveUp, isOver, useToken } = options;
	/** `undefined` where there is none yet, or it is over. */
	let inUse: Obtained | undefined;
	let before: Obtained | undefined;
	let isFirst = true;
	let isEnding = false;
	let obtain = share(obtainOne, gaveUp);

	async function obtainOne(signal: AbortSignal): Promise<string> {
		const obtained = await options.obtain(signal).catch((error) => {
			throw isFirst ? error : notAgain(error);
		});
		before = inUse;
		inUse = obtained;
		isFirst = false;
		isEnding = false;
		useToken(obtained.token);
		obtain = share(obtainOne, gaveUp);
		return obtained.token;
	}

	// All who ask meanwhile wait, so that nothing is borrowed any more with a token that ends soon.
	const replaceNow = share(async (signal) => {
		await obtain(signal).catch(() => undefined);
		isEnding = false;
	}, gaveUp);

	/** Those who have waited for a token: what is refused to them is so with a new one. */
	const waited = new WeakSet<AbortSignal>();
	// Once for each signal: what is refused comes one after the other, and each would begin anew what has just failed.
	const isOverFor = perSignal(isOver);
	const obtainFor = perSignal((signal) => obtain(signal));

	return {
		obtained: () => [inUse, before].filter((one) => one !== undefined),
		async current(signal) {
			if (isEnding) await replaceNow(signal);
			if (inUse !== undefined) return inUse.token;
			waited.add(signal);
			return obtain(signal);
		},
		async after(refused, signal) {
			if (inUse?.token === refused) {
				if (waited.has(signal) || !(await isOverFor(signal))) return undefined;
				// Somebody else may have put another one into its place meanwhile.
				if (inUse?.token === refused) inUse = undefined;
			}
			if (inUse === undefined) {
				waited.add(signal);
				await obtainFor(signal);
			}
			return inUse?.token === refused ? undefined : inUse?.token;
		},
		replace() {
			isEnding = inUse !== undefined;
		},
	};
}

// For some logins there is no second one.
function notAgain(error: unknown): unknown {
	if (!(error instanceof DstaError) || error.failureClass === "unavailable") return error;
	const { code, cure, message, path } = error;
	return new DstaError(code, `The token of the login is over, and no other one was given: ${message}`, {
		backend: "vault",
		...(path === undefined ? {} : { path }),
		cure: `${cure} What runs for longer than a token lives needs a login that can be made again (no wrapping token, no secret_id that is good for one login), or a token that others renew (method: token_file).`,
	});
}
