import { describe, expect, it, vi } from "vitest";
import { createLeases } from "../../../src/backends/vault/leases.ts";
import type { Login } from "../../../src/backends/vault/login/login.ts";
import { createKeeper } from "../../../src/backends/vault/renew.ts";
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
		const term = { lifeMs: 60_000, isRenewable: true, endsAt };
		const replace = vi.fn();
		const login = { namespace: "dsta", ownTerm: () => term, replace: replace as () => void } as Login;
		const lease = {
			id: "l",
			apiPath: "a/creds/b",
			namespace: "dsta",
			lifeMs: 0,
			isRenewable: false,
			endsAt: 0,
		};
		const leases = createLeases();
		leases.add(lease);
		const ending = new AbortController();
		const onNews = vi.fn();
		leases.onEach(createKeeper({ ...session, login }, leases, { onNews, signal: ending.signal }));
		await vi.waitFor(() => expect(onNews).toHaveBeenCalled(), 10_000);
		expect(onNews.mock.calls).toMatchObject([
			[{ kind: "ending", path: "the token", reason: "its longest life is reached" }],
		]);
		expect(onNews.mock.calls[0]?.[0].leftMs).toBeGreaterThan(20_000);
		expect(replace).toHaveBeenCalledOnce();
		// Its leases end with it.
		expect(leases.endings).toBe(1);
		ending.abort();
		session.transport.close();
	});
});
