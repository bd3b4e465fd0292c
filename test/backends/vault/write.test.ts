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
});
