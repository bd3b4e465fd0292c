import { describe, expect, it } from "vitest";
import type { DstaError } from "../../../src/errors.ts";
import { everythingOf, openBackend, request } from "./backend.ts";
import { type Program, refusal, startFakeAws } from "./fake-aws.ts";

const PATHS = Array.from({ length: 100 }, (_, index) => `s${index}/c`);

/** What 100 reads at once come to, for current versions or for one that cannot be asked for in batches. */
async function askAll(program: Program, paths = PATHS) {
	await using aws = await startFakeAws(program);
	using backend = openBackend(aws.url);
	const { signal } = new AbortController();
	// A version that has to be asked for secret by secret.
	const reads = paths.map((path) => backend.read(request(path, { version: "AWSPREVIOUS" }), signal));
	const outcomes = await Promise.allSettled(reads);
	const errors = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason as DstaError] : []));
	for (const error of errors) expect(everythingOf(error)).not.toContain("sentinel");
	const failures = [...new Set(errors.map(({ code, message }) => `${code} ${message}`))];
	return { failed: errors.length, failures, requests: aws.calls.length };
}

describe("An AWS that is dead", () => {
	it.each<[string, ReturnType<Program>, RegExp]>([
		["which cuts each connection", "hangUp", /Connection reset/],
		["which throttles", refusal("ThrottlingException"), /throttled \(ThrottlingException\)/],
		["which fails", { status: 500, body: {} }, /HTTP 500/],
	])("%s is asked for some of 100 secrets, and all fail for its reason", async (_what, answer, words) => {
		const { failed, failures, requests } = await askAll(() => answer);
		expect(failed).toBe(PATHS.length);
		expect(failures).toEqual([expect.stringMatching(words)]);
		// Of those that are asked for at once, three attempts each.
		expect(requests).toBeLessThanOrEqual(3 * 16);
	});
});

describe("An AWS that lives is asked for each secret", () => {
	it("which it has not", async () => {
		const { failed, requests } = await askAll(() => refusal("ResourceNotFoundException"), PATHS.slice(0, 20));
		// By four names each.
		expect({ failed, requests }).toEqual({ failed: 0, requests: 4 * 20 });
	});
});
