import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { BackendContext, WritableBackend } from "../../src/backends/backend.ts";
import { createVaultBackend } from "../../src/backends/vault/vault.ts";
import { askVault, askVaultText, ROOT_TOKEN } from "../servers/start.ts";
import { startProxy } from "../servers/wire.ts";
import type { Context } from "./context.ts";
import { ask, failureOf, type Harness, SENTINEL } from "./harness.ts";
import { askedInBuild } from "./remote.ts";
import { stormOneField, stormOwnFields } from "./storm.ts";
import { describeBackend } from "./suite.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";

function backend(
	env: Record<string, string> = {},
	settings: BackendContext["settings"] = {},
	home?: string,
): WritableBackend {
	const context = {
		env: { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN, ...env },
		home,
		cwd: "/",
		paths: [],
		settings,
		log: () => undefined,
	};
	return askedInBuild(createVaultBackend(context) as WritableBackend, "vault", context);
}

const signal = () => AbortSignal.timeout(10_000);

/** The suite's harness for an engine; `data` and `content` are what version 2 of it puts around a secret. */
function harnessFor(mount: string, kv: 1 | 2): Omit<Harness, "form"> {
	const settings = { mount };
	const contextAt = (address: string, token = ROOT_TOKEN): Context => ({
		env: { VAULT_ADDR: address, VAULT_TOKEN: token },
		settings,
	});
	const place = kv === 2 ? `${mount}/data` : mount;
	const pathOf = (secret: string) => `${place}/${secret.split("/").map(encodeURIComponent).join("/")}`;
	return {
		backend: "vault",
		// The server itself makes doubles of the numbers in version 2.
		holds: kv === 2 ? "doubles" : "json",
		context: (address = ADDRESS) => contextAt(address),
		async store(secret, json) {
			const body = kv === 2 ? `{"data":${json}}` : json;
			const text = await askVaultText(ADDRESS, { method: "POST", path: pathOf(secret), body });
			return kv === 2 ? String(JSON.parse(text).data.version) : undefined;
		},
		async remove(secret) {
			await askVaultText(ADDRESS, { method: "DELETE", path: pathOf(secret) });
		},
		server: {
			address: ADDRESS,
			refused: async () => ({
				...contextAt(ADDRESS, "sentinel-of-a-token"),
				[Symbol.asyncDispose]: async () => undefined,
			}),
		},
		writing: {
			prefix: `${place}/`,
			async load(secret) {
				const text = await askVaultText(ADDRESS, { method: "GET", path: pathOf(secret) });
				const json = kv === 2 ? /"data":\{"data":(\{.*\}),"metadata":/s : /"data":(\{.*\}),"wrap_info":/s;
				return json.exec(text)?.[1] ?? text;
			},
		},
	};
}

describe.skipIf(ADDRESS === "")("on a real server", () => {
	describeBackend({ ...harnessFor("secret", 2), form: "KV version 2", unknownVersions: [99, "99"] });
	describeBackend({
		...harnessFor("kv1", 1),
		form: "KV version 1",
		refusesVersions: true,
		hidesChanges: true,
	});
});

describe.skipIf(ADDRESS === "")("the Vault backend on a real server", () => {
	beforeAll(async () => {
		await askVault(ADDRESS, "POST", "secret/data/contract/first", { data: { text: SENTINEL } });
		await askVault(ADDRESS, "POST", "secret/data/contract/destroyed", { data: { key: "gone" } });
		await askVault(ADDRESS, "PUT", "secret/destroy/contract/destroyed", { versions: [1] });
		await askVault(ADDRESS, "POST", "kv1/contract/first", { text: SENTINEL });
	});

	it("does not have a secret whose version was destroyed", async () => {
		expect(await backend().read(ask("contract/destroyed/key"), signal())).toBeUndefined();
	});

	it.each(["a space", "per%20cent", "que?stion", "plus+", "ключ", "a;b,c=d&e"])(
		"finds a secret named %j",
		async (name) => {
			const path = `secret/data/contract/${encodeURIComponent(name)}/x`;
			await askVault(ADDRESS, "POST", path, { data: { key: name } });
			expect(await backend().read(ask(`contract/${name}/x/key`), signal())).toMatchObject({
				value: name,
				location: `secret/data/contract/${name}/x`,
			});
		},
	);

	it("reads version 1 of the engine, found out or said", async () => {
		for (const kv of ["auto", 1] as const) {
			const found = await backend({}, { mount: "kv1", kv }).read(ask("contract/first/text"), signal());
			expect(found).toMatchObject({ value: SENTINEL, location: "kv1/contract/first" });
			expect(
				await backend({}, { mount: "kv1", kv }).read(ask("contract/none/text"), signal()),
			).toBeUndefined();
		}
	});

	it("reads version 1 with a token that may read one secret and nothing else", async () => {
		const policy = 'path "kv1/contract/first" { capabilities = ["read"] }';
		await askVault(ADDRESS, "POST", "sys/policies/acl/contract-first", { policy });
		const { auth } = await askVault(ADDRESS, "POST", "auth/token/create", { policies: ["contract-first"] });
		const made = backend({ VAULT_TOKEN: (auth as { client_token: string }).client_token }, { mount: "kv1" });
		expect(await made.read(ask("contract/first/text"), signal())).toMatchObject({ value: SENTINEL });
		expect((await failureOf(made.read(ask("contract/other/text"), signal()))).code).toBe("DSTA_DENIED");
	});

	it.each([
		[
			"an engine of another kind",
			{},
			{ mount: "identity" },
			"DSTA_CONFIG",
			/at identity\/ of .* is no KV engine/,
		],
		["an unknown token", { VAULT_TOKEN: "wrong" }, {}, "DSTA_DENIED", /^Permission denied/],
		["a namespace that does not exist", { VAULT_NAMESPACE: "none" }, {}, "DSTA_CONFIG", /no namespace none/],
		["a mount that does not exist", {}, { mount: "none" }, "DSTA_CONFIG", /no secrets engine at none/],
		[
			"a closed port",
			{ VAULT_ADDR: "http://127.0.0.1:1" },
			{},
			"DSTA_UNAVAILABLE",
			/^Vault not available: Connection refused/,
		],
		["no token", { VAULT_TOKEN: "" }, {}, "DSTA_UNAVAILABLE", /no token/],
	])("tells %s apart", async (_, env, settings, code, message) => {
		const error = await failureOf(backend(env, settings).read(ask("contract/first/text"), signal()));
		expect(error).toMatchObject({ code, backend: "vault" });
		expect(error.message).toMatch(message);
	});

	it("finds a token that was not there the first time", async () => {
		const home = mkdtempSync(join(tmpdir(), "dsta-run-home-"));
		const made = backend({ VAULT_TOKEN: "" }, {}, home);
		expect(await failureOf(made.read(ask("contract/first/text"), signal()))).toMatchObject({
			code: "DSTA_UNAVAILABLE",
		});
		writeFileSync(join(home, ".vault-token"), `${ROOT_TOKEN}\n`);
		expect(await made.read(ask("contract/first/text"), signal())).toMatchObject({ value: SENTINEL });
	});

	it("writes a deleted secret anew", async () => {
		await askVault(ADDRESS, "POST", "secret/data/contract/deleted", { data: { key: "gone" } });
		await askVault(ADDRESS, "DELETE", "secret/data/contract/deleted");
		const fields = new Map([["key", "back"]]);
		await backend().write("contract/deleted", fields, { replace: false, signal: signal() });
		expect(await backend().read(ask("contract/deleted/*"), signal())).toMatchObject({
			value: { key: "back" },
		});
	});

	it("merges into what somebody else wrote in between", async () => {
		const path = "secret/data/contract/raced";
		await askVault(ADDRESS, "POST", path, { data: { mine: "old", theirs: "old" } });
		await using proxy = await startProxy(ADDRESS, {
			[`POST /v1/${path}`]: () =>
				askVault(ADDRESS, "POST", path, { data: { mine: "old", theirs: "new", more: "m" } }),
		});
		const fields = new Map([["mine", "new"]]);
		const written = await backend({ VAULT_ADDR: proxy.address }).write("contract/raced", fields, {
			replace: false,
			signal: signal(),
		});
		expect(written).toEqual({
			location: path,
			version: "3",
			created: false,
			fields: ["mine", "more", "theirs"],
		});
		expect(await backend().read(ask("contract/raced/*"), signal())).toMatchObject({
			value: { mine: "new", theirs: "new", more: "m" },
		});
	});

	it.each([
		["a new secret", []],
		["a secret that is there", ["POST"]],
		["a deleted secret", ["POST", "DELETE"]],
	])("loses nothing of eight who write different fields of %s at once", async (what, before) => {
		for (let round = 1; round <= 3; round++) {
			const secret = `contract/at once/${what}/${round}`;
			for (const method of before)
				await askVault(ADDRESS, method, `secret/data/${encodeURI(secret)}`, { data: { field0: "old" } });
			const names = Array.from({ length: 8 }, (_, index) => `field${index}`);
			const writes = names.map((name) =>
				backend().write(secret, new Map([[name, name]]), { replace: false, signal: signal() }),
			);
			const versions = (await Promise.all(writes)).map(({ version }) => Number(version));
			expect(new Set(versions).size).toBe(8);
			expect(await backend().read(ask(`${secret}/*`), signal())).toMatchObject({
				value: Object.fromEntries(names.map((name) => [name, name])),
				version: String(Math.max(...versions)),
			});
		}
	});

	it.each([2, 8])(
		"lets one of %i write a field from its value, and each of them one of its own",
		async (count) => {
			const secret = `contract/storm/${count}`;
			await askVault(ADDRESS, "POST", `secret/data/${secret}`, { data: { shared: "old" } });
			const storm = { secret, count, open: () => backend() };
			await stormOneField(storm);
			await stormOwnFields(storm);
		},
	);

	it("tells of a version whether it can be read still", async () => {
		const path = "contract/kept";
		for (const key of ["1", "2", "3", "4"])
			await askVault(ADDRESS, "POST", `secret/data/${path}`, { data: { key } });
		await askVault(ADDRESS, "PUT", `secret/destroy/${path}`, { versions: [1] });
		await askVault(ADDRESS, "PUT", `secret/delete/${path}`, { versions: [2] });
		await askVault(ADDRESS, "POST", `secret/metadata/${path}`, { delete_version_after: "1h" });
		await askVault(ADDRESS, "POST", `secret/data/${path}`, { data: { key: "5" } });
		const versions = (await backend().versions?.(path, signal())) ?? [];
		expect(versions.map(({ isCurrent, isReadable, version }) => [version, isCurrent, isReadable])).toEqual([
			["5", true, true],
			["4", false, true],
			["3", false, true],
			["2", false, false],
			["1", false, false],
		]);
		await askVault(ADDRESS, "DELETE", `secret/data/${path}`);
		const [latest] = (await backend().versions?.(path, signal())) ?? [];
		expect(latest).toMatchObject({ version: "5", isCurrent: true, isReadable: false });
	});

	describe("with texts beside a secret", () => {
		const PATH = "contract/annotated";
		const SETTINGS = { max_versions: 7, cas_required: true, delete_version_after: "3h0m0s" };
		const tokenWith = async (...capabilities: readonly string[]) => {
			const words = capabilities.map((word) => JSON.stringify(word)).join(", ");
			const name = `annotating-${capabilities.join("-")}`;
			const policy = `path "secret/metadata/${PATH}" { capabilities = [${words}] }`;
			await askVault(ADDRESS, "POST", `sys/policies/acl/${name}`, { policy });
			const { auth } = await askVault(ADDRESS, "POST", "auth/token/create", { policies: [name] });
			return (auth as { client_token: string }).client_token;
		};

		it.each<[string, readonly string[], object, readonly string[]]>([
			["by PATCH", ["patch"], {}, ["PATCH"]],
			["as a whole, where the policy lacks PATCH", ["read", "update"], {}, ["PATCH", "GET", "POST"]],
			[
				"as a whole, where the engine wants check-and-set of metadata",
				["read", "update", "patch"],
				{ metadata_cas_required: true },
				["PATCH", "GET", "POST"],
			],
		])("changes them %s, and leaves alone what else is kept there", async (_how, words, more, methods) => {
			await askVault(ADDRESS, "DELETE", `secret/metadata/${PATH}`);
			await askVault(ADDRESS, "POST", `secret/metadata/${PATH}`, {
				...SETTINGS,
				...more,
				custom_metadata: { theirs: "of others", ours: "old", gone: "soon" },
			});
			await using proxy = await startProxy(ADDRESS);
			const made = backend({ VAULT_ADDR: proxy.address, VAULT_TOKEN: await tokenWith(...words) }, { kv: 2 });
			const changes = new Map([
				["ours", "new"],
				["gone", undefined],
			]);
			await made.annotations?.write(PATH, changes, signal());
			expect(proxy.asked).toEqual(methods.map((method) => `${method} /v1/secret/metadata/${PATH}`));
			const { data } = await askVault(ADDRESS, "GET", `secret/metadata/${PATH}`);
			expect(data).toMatchObject({ ...SETTINGS, ...more });
			expect(data).toHaveProperty("custom_metadata", { theirs: "of others", ours: "new" });
		});

		it("loses none that somebody else writes while they are changed as a whole", async () => {
			const custom_metadata = { theirs: "old" };
			const path = `secret/metadata/${PATH}`;
			await askVault(ADDRESS, "DELETE", path);
			await askVault(ADDRESS, "POST", path, { custom_metadata });
			await using proxy = await startProxy(ADDRESS, {
				[`POST /v1/${path}`]: () =>
					askVault(ADDRESS, "POST", path, { metadata_cas: 1, custom_metadata: { theirs: "new" } }),
			});
			const token = await tokenWith("read", "update");
			const made = backend({ VAULT_ADDR: proxy.address, VAULT_TOKEN: token }, { kv: 2 });
			await made.annotations?.write(PATH, new Map([["ours", "new"]]), signal());
			const texts = await backend().annotations?.read(PATH, signal());
			expect(texts).toEqual(new Map(Object.entries({ ours: "new", theirs: "new" })));
		});

		it.each<[string, readonly string[], string]>([
			["read", ["patch"], "read"],
			["change", ["read"], "patch"],
		])("denied to %s them names the line of the policy that is missing", async (_what, words, capability) => {
			const made = backend({ VAULT_TOKEN: await tokenWith(...words) }, { kv: 2 });
			const { annotations } = made;
			const action =
				capability === "read"
					? annotations?.read(PATH, signal())
					: annotations?.write(PATH, new Map([["a", "1"]]), signal());
			const error = await failureOf(action as Promise<unknown>);
			expect(error.code).toBe("DSTA_DENIED");
			expect(error.cure).toContain(`path "secret/metadata/${PATH}" { capabilities = ["${capability}"] }`);
		});

		it("are refused where there are more than the server keeps", async () => {
			const many = new Map(Array.from({ length: 65 }, (_, index) => [`name${index}`, "text"]));
			const writing = backend().annotations?.write("contract/first", many, signal());
			const error = await failureOf(writing as Promise<void>);
			expect(error).toMatchObject({ code: "DSTA_CONFIG", path: "contract/first" });
			expect(error.message).toContain("at most 64 keys");
		});
	});

	it.each([
		["a value that is larger than a request may be", new Map([["key", "sentinel".repeat(5 << 20)]])],
		[
			"more fields than a request may have",
			new Map(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, SENTINEL])),
		],
	])("refuses %s", { timeout: 90_000 }, async (_what, fields) => {
		// So much takes its time on a busy machine.
		const patient = AbortSignal.timeout(60_000);
		const write = backend().write("contract/large", fields, { replace: false, signal: patient });
		const error = await failureOf(write);
		expect(error).toMatchObject({ code: "DSTA_INVALID_VALUE", path: "contract/large" });
	});
});
