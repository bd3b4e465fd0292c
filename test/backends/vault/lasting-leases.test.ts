import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LeaseNews, Revision, WritableBackend } from "../../../src/backends/backend.ts";
import { createVaultBackend } from "../../../src/backends/vault/vault.ts";
import { askVault } from "../../servers/start.ts";
import { startProxy, type Wire } from "../../servers/wire.ts";
import { request } from "../aws/backend.ts";
import { type FakeVault, startFakeVault } from "./fake-vault.ts";
import { type AppRole, createAppRole } from "./logins.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const ENGINE = "lasting";
const APPROLE = "lasting-leases";
const CREDS = request(`${ENGINE}/creds/app#username`, { overrides: { engine: "raw" } });

const signal = () => new AbortController().signal;

/** What becomes of the user that a backend has had made, until something of it comes to its end, and afterwards. */
interface Course {
	readonly first: unknown;
	readonly news: LeaseNews;
	readonly second: unknown;
	readonly revisions: readonly (Revision | undefined)[];
	readonly warnings: readonly string[];
	readonly asked: readonly string[];
}

// What keeps leases alive is not asked of another process.
describe.skipIf(ADDRESS === "")("what was borrowed", () => {
	let broker: FakeVault;
	let role: AppRole;

	beforeAll(async () => {
		// Makes users of what is no more than a server that agrees to everything.
		broker = await startFakeVault(() => ({ status: 204 }));
		await askVault(ADDRESS, "POST", `sys/mounts/${ENGINE}`, { type: "rabbitmq" });
		const connection = { connection_uri: broker.url, username: "u", password: "p", verify_connection: false };
		await askVault(ADDRESS, "POST", `${ENGINE}/config/connection`, connection);
		await askVault(ADDRESS, "POST", `${ENGINE}/roles/app`, { tags: "monitoring" });
		const policy = `path "${ENGINE}/creds/app" { capabilities = ["read"] } path "sys/leases/revoke" { capabilities = ["update"] }`;
		await askVault(ADDRESS, "POST", "sys/policies/acl/lasting", { policy });
		role = await createAppRole(ADDRESS, APPROLE, {
			token_policies: ["default", "lasting"],
			secret_id_num_uses: 0,
		});
	});

	afterAll(() => broker?.[Symbol.asyncDispose]());

	const lend = (ttl: number, max_ttl: number) =>
		askVault(ADDRESS, "POST", `${ENGINE}/config/lease`, { ttl, max_ttl });
	const liveFor = (token_ttl: number) =>
		askVault(ADDRESS, "POST", `auth/${APPROLE}/role/api`, { token_ttl, token_explicit_max_ttl: token_ttl });

	async function follow(proxy: Wire, settings: object = {}): Promise<Course> {
		const warnings: string[] = [];
		const events = new EventTarget();
		const auth = { method: "approle", mount: APPROLE, roleId: role.roleId, secretId: { env: "SECRET" } };
		const backend = createVaultBackend({
			env: { VAULT_ADDR: proxy.address, SECRET: await role.secretId() },
			home: undefined,
			cwd: "/",
			paths: [],
			settings: { auth, ...settings },
			log: (level, text) => level === "warn" && warnings.push(text),
		}) as WritableBackend;
		const read = async () => (await backend.read(CREDS, signal()))?.value;
		const revise = () => backend.revision?.(CREDS, signal());
		let news: LeaseNews | undefined;
		await backend.keepAlive?.((one) => {
			news ??= one;
			events.dispatchEvent(new Event("news"));
		});
		const revisions = [await revise()];
		const ended = once(events, "news");
		const first = await read();
		expect(await read()).toBe(first);
		revisions.push(await revise());
		await ended;
		revisions.push(await revise());
		const second = await read();
		expect(await read()).toBe(second);
		revisions.push(await revise());
		await backend.release?.(signal());
		backend.close();
		return { first, news: news as LeaseNews, second, revisions, warnings, asked: proxy.asked };
	}

	const countOf = (asked: readonly string[], name: string) =>
		asked.filter((one) => one.endsWith(name)).length;

	it("is made anew when its lease ends, and both are given back", async () => {
		await lend(2, 3);
		await liveFor(600);
		await using proxy = await startProxy(ADDRESS);
		const { asked, first, news, revisions, second, warnings } = await follow(proxy);
		expect(news).toMatchObject({ kind: "ending", path: `${ENGINE}/creds/app` });
		expect(second).not.toBe(first);
		expect(revisions[1]).toEqual(revisions[0]);
		expect(revisions[2]).not.toEqual(revisions[1]);
		expect(revisions[3]).toEqual(revisions[2]);
		expect(warnings).toEqual([]);
		expect(countOf(asked, "/creds/app")).toBe(2);
		expect(countOf(asked, "sys/leases/revoke")).toBe(2);
		const left = askVault(ADDRESS, "GET", `sys/leases/lookup/${ENGINE}/creds/app?list=true`);
		await expect(left).rejects.toThrow("HTTP 404");
	});

	it.concurrent.each([true, false])(
		"is made anew with another token when that of the login ends, and all is given back (revoke: %s)",
		async (revoke) => {
			await lend(60, 600);
			await liveFor(3);
			await using proxy = await startProxy(ADDRESS);
			const { asked, first, news, second, warnings } = await follow(proxy, { revoke });
			expect(news).toMatchObject({ kind: "ending", path: "the token" });
			expect(second).not.toBe(first);
			expect(warnings).toEqual([]);
			expect(countOf(asked, `${APPROLE}/login`)).toBe(2);
			expect(countOf(asked, "revoke-self")).toBe(revoke ? 2 : 0);
			expect(countOf(asked, "sys/leases/revoke")).toBe(revoke ? 0 : 2);
		},
	);
});
