import { describe, expect, it } from "vitest";
import { harmlessFailure, openBackend, SENTINELS } from "./backend.ts";
import { type Answer, refusal, secretV2, startFakeVault } from "./fake-vault.ts";

const { signal } = new AbortController();
const merge = { replace: false, signal };
const FIELDS = new Map([["c", SENTINELS.value]]);
const STALE = refusal(400, "check-and-set parameter did not match the current version");
const DELETED: Answer = {
	...secretV2(null, { version: 4, deletion_time: "2026-01-01T00:00:00Z" }),
	status: 404,
};
const KV2 = { settings: { kv: 2 as const } };

describe("A write to Vault", () => {
	it.each([
		["nothing", refusal(404), 0],
		["a version that was deleted", DELETED, 4],
		["a version", secretV2({ a: "1" }, { version: 7 }), 7],
	])(
		"made from %s says so, with the version of the very answer that it was made from",
		async (_what, first, cas) => {
			await using vault = await startFakeVault(({ method, text }, count) => {
				if (method === "GET") return count === 1 ? first : secretV2({ theirs: "1" }, { version: 9 });
				return JSON.parse(text).options.cas === 9 ? { body: { data: { version: 10 } } } : STALE;
			});
			using backend = openBackend(vault.url, {}, KV2);
			const written = await backend.write("a/b", FIELDS, merge);
			expect(written).toMatchObject({ version: "10", created: false, fields: ["c", "theirs"] });
			expect(vault.calls.map(({ method }) => method)).toEqual(["GET", "POST", "GET", "POST"]);
			expect(JSON.parse(vault.calls[1]?.text ?? "").options).toEqual({ cas });
		},
	);

	it("gives up on a secret that changes all the time", async () => {
		await using vault = await startFakeVault(({ method }) => (method === "GET" ? secretV2({}) : STALE));
		using backend = openBackend(vault.url, {}, KV2);
		const error = await harmlessFailure(backend.write("a/b", FIELDS, merge));
		expect(error).toMatchObject({ code: "DSTA_CONFLICT", path: "a/b" });
	});

	it("that is made again and again ends at the signal", async () => {
		const controller = new AbortController();
		await using vault = await startFakeVault(({ method }, count) => {
			if (count === 6) controller.abort();
			return method === "GET" ? secretV2({}) : STALE;
		});
		using backend = openBackend(vault.url, {}, KV2);
		const options = { replace: false, signal: controller.signal };
		expect((await harmlessFailure(backend.write("a/b", FIELDS, options))).code).toBe("DSTA_TIMEOUT");
	});

	it.each<[string, Answer, string, RegExp, RegExp]>([
		[
			"is too large",
			refusal(413, "http: request body too large"),
			"DSTA_INVALID_VALUE",
			/^secret\/data\/a\/b would be too large for Vault at http:/,
			/max_request_size/,
		],
		[
			"is too large for a proxy",
			{ status: 413, body: "<html>sentinel</html>" },
			"DSTA_INVALID_VALUE",
			/too large/,
			/proxy/,
		],
		[
			"is too large for the storage",
			refusal(500, "put failed due to value being too large; max_entry_size"),
			"DSTA_INVALID_VALUE",
			/too large/,
			/max_entry_size/,
		],
		[
			"Vault finds wrong",
			refusal(400, `bad ${SENTINELS.value}`),
			"DSTA_CONFIG",
			/found the write to secret\/data\/a\/b wrong$/,
			/size of the values and the number of the fields/,
		],
	])("that %s fails with what to do", async (_what, answer, code, message, cure) => {
		await using vault = await startFakeVault(({ method }) => (method === "GET" ? refusal(404) : answer));
		using backend = openBackend(vault.url, {}, KV2);
		const error = await harmlessFailure(backend.write("a/b", FIELDS, merge));
		expect(error).toMatchObject({ code, path: "a/b" });
		expect(error.message).toMatch(message);
		expect(error.cure).toMatch(cure);
	});

	it("is told the version by what looks like one, and nothing else that an answer says", async () => {
		await using vault = await startFakeVault(({ method }) =>
			method === "GET" ? refusal(404) : { body: { data: { version: SENTINELS.token } } },
		);
		using backend = openBackend(vault.url, {}, KV2);
		expect((await backend.write("a/b", FIELDS, merge)).version).toBeUndefined();
	});
});
