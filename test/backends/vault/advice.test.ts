import { describe, expect, it } from "vitest";
import { request } from "../aws/backend.ts";
import { harmlessFailure, openBackend } from "./backend.ts";
import { refusal, startFakeVault } from "./fake-vault.ts";

const { signal } = new AbortController();

describe("What Vault advises where a secret is missing", () => {
	it("quotes for the shell what is not plain", async () => {
		await using vault = await startFakeVault(() => refusal(403, "permission denied"));
		using backend = openBackend(vault.url);
		const odd = request("a b;c/d's#e $f");
		expect(backend.advice(odd)).toBe(
			`List what is there (vault kv list 'secret/a b;c/'), look at it (vault kv get 'secret/a b;c/d'\\''s'), or create it: vault kv put 'secret/a b;c/d'\\''s' 'e $f'=…; where it has other fields that shall stay, dsta-run put 'a b;c/d'\\''s' 'e $f'=…`,
		);
		const error = await harmlessFailure(backend.read(odd, signal));
		expect(error.cure).toContain(`vault token capabilities 'secret/data/a b;c/d'\\''s'`);
	});

	it("says which versions there are where one is pinned, and to write none", () => {
		using backend = openBackend("http://127.0.0.1:1", { VAULT_NAMESPACE: "dsta" });
		const pinned = { ...request("broker/kraken/std"), version: 99 };
		expect(backend.locations(pinned)).toEqual(["secret/data/broker/kraken key std in version 99"]);
		expect(backend.advice(pinned)).toBe(
			"First export VAULT_NAMESPACE=dsta. See which versions there are (vault kv metadata get secret/broker/kraken), and what this one holds: vault kv get -version=99 secret/broker/kraken",
		);
	});
});
