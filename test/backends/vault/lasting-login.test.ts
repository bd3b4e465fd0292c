import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Overrides, WritableBackend } from "../../../src/backends/backend.ts";
import { askVault } from "../../servers/start.ts";
import { startProxy, type Wire } from "../../servers/wire.ts";
import { request } from "../aws/backend.ts";
import { harmlessFailure, openBackend, readAll, SENTINELS } from "./backend.ts";
import { type AppRole, createAppRole, fileWith, storeLoginSecret } from "./logins.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const MOUNT = "lasting-approle";
const LOGIN = `POST /v1/auth/${MOUNT}/login`;
const LOOKUP = "GET /v1/auth/token/lookup-self";
const DENIED = "secret/denied";

const signal = () => new AbortController().signal;
const read = async (backend: WritableBackend, path = "login/key") =>
	(await backend.read(request(path), signal()))?.value;
const revoke = (accessor: string) => askVault(ADDRESS, "POST", "auth/token/revoke-accessor", { accessor });
const createToken = async (settings: object = {}) => {
	const { auth } = await askVault(ADDRESS, "POST", "auth/token/create", { policies: ["login"], ...settings });
	return auth as { readonly client_token: string; readonly accessor: string };
};
const countOf = ({ asked }: Wire, name: string) => asked.filter((one) => one === name).length;

describe.skipIf(ADDRESS === "")("a run that outlives its token", () => {
	let role: AppRole;

	beforeAll(async () => {
		await storeLoginSecret(ADDRESS);
		role = await createAppRole(ADDRESS, MOUNT, { secret_id_num_uses: 0 });
	});

	function open(address: string, auth: Overrides[string] | undefined, env: Record<string, string> = {}) {
		const settings = auth === undefined ? {} : { settings: { kv: 2, auth } };
		return openBackend(address, { VAULT_TOKEN: "", VAULT_NAMESPACE: "dsta", ...env }, settings);
	}
	const byApprole = (address: string, secretId: string) =>
		open(
			address,
			{ method: "approle", mount: MOUNT, roleId: role.roleId, secretId: { env: "SECRET" } },
			{ SECRET: secretId },
		);
	const revokeAll = async () => {
		for (const accessor of await role.tokens()) await revoke(accessor);
	};

	it("logs in once more, however many ask at once", async () => {
		await using proxy = await startProxy(ADDRESS);
		using backend = byApprole(proxy.address, await role.secretId());
		expect(await read(backend)).toBe(SENTINELS.value);
		await revokeAll();
		const paths = Array.from({ length: 40 }, () => "login/key");
		// Not shared: each has a signal of its own.
		const found = await Promise.all(paths.map((path) => read(backend, path)));
		expect(new Set(found)).toEqual(new Set([SENTINELS.value]));
		expect(countOf(proxy, LOGIN)).toBe(2);
		await revokeAll();
		expect(await backend.revision?.(request("login/key"), signal())).toEqual({ kind: "unknown" });
		expect(countOf(proxy, LOGIN)).toBe(3);
	});

	it("takes a refusal for one where the token lives, and asks for that not even once where it is new", async () => {
		await using proxy = await startProxy(ADDRESS);
		using backend = byApprole(proxy.address, await role.secretId());
		const first = signal();
		const denials = await Promise.allSettled(
			["login/key", `${DENIED}/a`, `${DENIED}/b`].map((path) => backend.read(request(path), first)),
		);
		expect(denials.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
		expect(countOf(proxy, LOOKUP)).toBe(0);
		const error = await harmlessFailure(read(backend, `${DENIED}/a`));
		expect(error).toMatchObject({ code: "DSTA_DENIED", path: `${DENIED}/a` });
		expect([countOf(proxy, LOOKUP), countOf(proxy, LOGIN)]).toEqual([1, 1]);
	});

	it("is denied where its login was good for once, in words that say so", async () => {
		await askVault(ADDRESS, "POST", `auth/${MOUNT}/role/api`, { secret_id_num_uses: 1 });
		await using proxy = await startProxy(ADDRESS);
		using backend = byApprole(proxy.address, await role.secretId());
		await read(backend);
		await revokeAll();
		for (let poll = 1; poll <= 2; poll++) {
			const error = await harmlessFailure(read(backend));
			expect(error).toMatchObject({ code: "DSTA_DENIED" });
			expect(error.message).toMatch(
				/^The token of the login is over, and no other one was given: .* refused/,
			);
			expect(error.cure).toContain("a login that can be made again");
		}
		expect(countOf(proxy, LOGIN)).toBe(3);
		const failures = await Promise.allSettled(readMany(backend));
		expect(new Set(failures.map(({ status }) => status))).toEqual(new Set(["rejected"]));
		expect(countOf(proxy, LOGIN)).toBe(4);
	});
	const readMany = (backend: WritableBackend) => {
		const shared = signal();
		return ["login/key", "login#key", "a/b/c"].map((path) => backend.read(request(path), shared));
	};

	it.each<[string, (file: string) => [Overrides[string] | undefined, string]]>([
		["a token file", (tokenFile) => [{ method: "token_file", tokenFile }, "/nonexistent"]],
		["~/.vault-token", (file) => [undefined, join(file, "..")]],
	])("takes another token from %s, once there is one", async (_what, place) => {
		await using proxy = await startProxy(ADDRESS);
		const file = join(mkdtempSync(join(tmpdir(), "dsta-run-lasting-")), ".vault-token");
		const first = await createToken();
		writeFileSync(file, first.client_token);
		const [auth, home] = place(file);
		const settings = { settings: { kv: 2, ...(auth === undefined ? {} : { auth }) }, home };
		using backend = openBackend(proxy.address, { VAULT_TOKEN: "", VAULT_NAMESPACE: "dsta" }, settings);
		expect(await read(backend)).toBe(SENTINELS.value);
		await revoke(first.accessor);
		expect((await harmlessFailure(read(backend))).code).toBe("DSTA_DENIED");
		writeFileSync(file, `${(await createToken()).client_token}\n`);
		const paths = ["login/key", "login/key", "login/key"];
		expect((await Promise.all(paths.map((path) => read(backend, path)))).length).toBe(3);
		const before = proxy.asked.length;
		expect((await readAll(backend, paths)).map((found) => found?.value)).toEqual(
			Array(3).fill(SENTINELS.value),
		);
		expect(proxy.asked.length - before).toBe(1);
	});

	it("says of a token in the environment that it is not replaced", async () => {
		const { accessor, client_token: token } = await createToken();
		await using proxy = await startProxy(ADDRESS);
		using backend = open(proxy.address, undefined, { VAULT_TOKEN: token });
		await read(backend);
		await revoke(accessor);
		const error = await harmlessFailure(read(backend));
		expect(error.cure).toMatch(/The token in VAULT_TOKEN is neither renewed nor replaced: .* vault\.auth/);
		expect(countOf(proxy, LOOKUP)).toBe(0);
	});

	it("has nothing to say at its end of what has ended with its token", async () => {
		await askVault(ADDRESS, "POST", `auth/${MOUNT}/role/api`, { secret_id_num_uses: 0 });
		const warnings: string[] = [];
		using backend = openBackend(
			ADDRESS,
			{ VAULT_TOKEN: "", VAULT_NAMESPACE: "dsta", SECRET: await role.secretId() },
			{
				settings: {
					revoke: true,
					auth: {
						method: "approle",
						mount: MOUNT,
						roleId: role.roleId,
						secretId: { file: fileWith(await role.secretId()) },
					},
				},
				log: (level, text) => level === "warn" && warnings.push(text),
			},
		);
		await read(backend);
		await revokeAll();
		await backend.release?.(signal());
		expect(warnings).toEqual([]);
	});
});
