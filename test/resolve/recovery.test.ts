import { describe, expect, it } from "vitest";
import { prepareMap } from "../../src/resolve/map.ts";
import { resolveEntries } from "../../src/resolve/resolve.ts";
import { parseSecretPath } from "../../src/secret-path.ts";
import { type Reply, refusal, secretV2, startFakeVault } from "../backends/vault/fake-vault.ts";

/** As many as are given up together when the server is dead. */
const entries = Array.from({ length: 40 }, (_, n) => ({
	path: parseSecretPath(`a/b${n}/c`),
	names: [`NAME${n}`],
}));

describe("a backend that was down", () => {
	it.each<[string, Reply]>([
		["unavailable", refusal(503, "Vault is sealed")],
		["not heard at all", { raw: "", after: "reset" }],
		["denying", refusal(403, "permission denied")],
	])("for one resolution is asked again in the next, whatever it was: %s", async (_what, failure) => {
		let isDown = true;
		await using vault = await startFakeVault(() => (isDown ? failure : secretV2({ c: "v" })));
		const { backends, resolveOptions } = prepareMap(
			{ file: "map", entries, backends: { vault: { kv: 2, retries: 0 } }, run: {}, chain: ["vault", "env"] },
			{
				env: { VAULT_ADDR: vault.url, VAULT_TOKEN: "t", VAULT_NAMESPACE: "" },
				home: undefined,
				cwd: "/nonexistent",
				log: () => undefined,
				onDefault: () => undefined,
				onPassedOver: () => undefined,
			},
		);
		const resolve = async () => {
			const resolutions = await resolveEntries(entries, resolveOptions);
			return resolutions.filter(({ origin }) => origin === "vault").length;
		};
		expect(await resolve()).toBe(0);
		isDown = false;
		expect(await resolve()).toBe(40);
		await backends.release();
	});
});
