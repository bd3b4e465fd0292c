import { expect } from "vitest";
import type { WritableBackend } from "../../src/backends/backend.ts";
import { ask, failureOf } from "./harness.ts";

/** Several who write at once to a secret, which holds a field `shared` with the value `old`. */
export interface Storm {
	readonly secret: string;
	readonly count: number;
	/** Makes a backend of one of them. */
	open(): WritableBackend;
}

/** Has all of them write the shared field from the value that it has: one gets through, and all others hear of it. */
export async function stormOneField({ count, open, secret }: Storm): Promise<void> {
	const signal = AbortSignal.timeout(20_000);
	const shared = async () => (await open().read(ask(`${secret}/shared`), signal))?.value as string;
	for (let round = 0; round < 2; round++) {
		const from = new Map([["shared", await shared()]]);
		const texts = Array.from({ length: count }, (_, index) => `${round} of ${index}`);
		const outcomes = await Promise.allSettled(
			texts.map((text) =>
				open().write(secret, new Map([["shared", text]]), { replace: false, from, signal }),
			),
		);
		const winners = texts.filter((_, index) => outcomes[index]?.status === "fulfilled");
		expect(winners).toEqual([await shared()]);
		for (const outcome of outcomes)
			if (outcome.status === "rejected")
				expect(await failureOf(Promise.reject(outcome.reason))).toMatchObject({ code: "DSTA_CONFLICT" });
	}
}

/** Has each of them write a field of its own from no value: all get through. */
export async function stormOwnFields({ count, open, secret }: Storm): Promise<void> {
	const signal = AbortSignal.timeout(20_000);
	const names = Array.from({ length: count }, (_, index) => `field${index}`);
	const written = await Promise.all(
		names.map((name) => {
			const from = new Map([[name, undefined]]);
			return open().write(secret, new Map([[name, name]]), { replace: false, from, signal });
		}),
	);
	expect(new Set(written.map(({ version }) => version)).size).toBe(count);
	expect(await open().read(ask(`${secret}/*`), signal)).toMatchObject({
		value: Object.fromEntries(names.map((name) => [name, name])),
	});
}
