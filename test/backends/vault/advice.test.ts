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
});
