import { describe, expect, it, vi } from "vitest";
import type { Login } from "../../../src/backends/vault/login/login.ts";
import { keepLeasesAlive } from "../../../src/backends/vault/renew.ts";
import { openSession } from "../../../src/backends/vault/session.ts";
import { readVaultSettings, type VaultSettings } from "../../../src/backends/vault/settings.ts";
import { now } from "../../../src/clock.ts";
import { askVault } from "../../servers/start.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";

describe.skipIf(ADDRESS === "")("a token of our own", () => {
	it("is renewed like a lease, and ends with a word where that goes no further", async () => {
		const { auth } = await askVault(ADDRESS, "POST", "auth/token/create", {
			ttl: "40s",
			explicit_max_ttl: "50s",
		});
		const { client_token: token } = auth as { client_token: string };
		const context = {
			env: { VAULT_ADDR: ADDRESS, VAULT_TOKEN: token },
			home: undefined,
			cwd: "/",
			paths: [],
			settings: {},
			log: () => undefined,
		};
		const session = await openSession(context, readVaultSettings(context) as VaultSettings);
		// Two thirds of a minute are over, as it were.
		const endsAt = now() + 20_000;
		const ownToken = { namespace: "dsta", lifeMs: 60_000, isRenewable: true, endsAt };
		const login = { ownToken: () => ownToken } as Login;
		const ending = new AbortController();
		const onNews = vi.fn();
		keepLeasesAlive({ ...session, login }, [], { onNews, signal: ending.signal });
		await vi.waitFor(() => expect(onNews).toHaveBeenCalled(), 10_000);
		expect(onNews.mock.calls).toMatchObject([
			[{ kind: "ending", path: "the token", reason: "its longest life is reached" }],
		]);
		expect(onNews.mock.calls[0]?.[0].leftMs).toBeGreaterThan(20_000);
		ending.abort();
		session.transport.close();
	});
});
