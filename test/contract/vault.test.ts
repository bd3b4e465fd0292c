import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { BackendContext, ReadRequest, WritableBackend } from "../../src/backends/backend.ts";
import { createVaultBackend } from "../../src/backends/vault/vault.ts";
import { DstaError } from "../../src/errors.ts";
import { parseSecretPath } from "../../src/secret-path.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const SENTINEL = "sentinel-value-4711";

function backend(
	env: Record<string, string> = {},
	settings: BackendContext["settings"] = {},
	home?: string,
): WritableBackend {
	const made = createVaultBackend({
		env: { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN, ...env },
		home,
		cwd: "/",
		paths: [],
		settings,
		log: () => undefined,
	});
	return made as WritableBackend;
}

const ask = (path: string, more: Partial<ReadRequest> = {}): ReadRequest => ({
	path: parseSecretPath(path),
	names: ["X"],
	...more,
});
const signal = () => AbortSignal.timeout(10_000);
const failure = async (reading: Promise<unknown>): Promise<DstaError> => {
	const error = await reading.then(
		() => undefined,
		(reason) => reason,
	);
	expect(error).toBeInstanceOf(DstaError);
	expect(JSON.stringify([error.message, error.cure])).not.toMatch(/sentinel|root-token/);
	return error;
};

describe.skipIf(ADDRESS === "")("the Vault backend on a real server", () => {
	const fields = {
		text: SENTINEL,
		number: 5432,
		yes: true,
		nothing: null,
		empty: "",
		deep: { inner: ["a", "b"] },
		"odd key.with/slash": "odd",
		constructor: "own",
		lines: 'a\nb\tü $HOME `x` "q"',
	};

	beforeAll(async () => {
		await askVault(ADDRESS, "POST", "secret/data/contract/first", { data: fields });
		await askVault(ADDRESS, "POST", "secret/data/contract/two", { data: { key: "old" } });
		await askVault(ADDRESS, "POST", "secret/data/contract/two", { data: { key: "new" } });
		await askVault(ADDRESS, "POST", "secret/data/contract/deleted", { data: { key: "gone" } });
		await askVault(ADDRESS, "DELETE", "secret/data/contract/deleted");
		await askVault(ADDRESS, "POST", "secret/data/contract/destroyed", { data: { key: "gone" } });
		await askVault(ADDRESS, "PUT", "secret/destroy/contract/destroyed", { versions: [1] });
		await askVault(ADDRESS, "POST", "kv1/contract/first", { text: SENTINEL });
	});

	it.each([
		["contract/first/text", SENTINEL],
		["contract/first#text", SENTINEL],
		["contract/first/number", 5432],
		["contract/first/yes", true],
		["contract/first/empty", ""],
		["contract/first#/deep/inner/1", "b"],
		["contract/first/constructor", "own"],
		["contract/first#odd key.with/slash", "odd"],
		["contract/first/lines", fields.lines],
		["contract/two/key", "new"],
	])("finds %s", async (path, value) => {
		expect(await backend().read(ask(path), signal())).toMatchObject({ value });
	});

	it.each([
		["contract/first/nothing"],
		["contract/first/missing"],
		["contract/first/toString"],
		["contract/missing/key"],
		["contract/deleted/key"],
		["contract/destroyed/key"],
		["contract/first#/deep/inner/2"],
	])("does not have %s", async (path) => {
		expect(await backend().read(ask(path), signal())).toBeUndefined();
	});

	it("gives all fields, and a pinned version", async () => {
		expect(await backend().read(ask("contract/two/*"), signal())).toMatchObject({
			value: { key: "new" },
			version: "2",
		});
		expect(await backend().read(ask("contract/two/key", { version: 1 }), signal())).toMatchObject({
			value: "old",
		});
	});

	it("reads version 1 of the engine, found out or said", async () => {
		for (const kv of ["auto", 1] as const) {
			const found = await backend({}, { mount: "kv1", kv }).read(ask("contract/first/text"), signal());
			expect(found).toMatchObject({ value: SENTINEL, location: "kv1/contract/first" });
			expect(
				await backend({}, { mount: "kv1", kv }).read(ask("contract/none/text"), signal()),
			).toBeUndefined();
		}
	});

	it.each([
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
		const error = await failure(backend(env, settings).read(ask("contract/first/text"), signal()));
		expect(error).toMatchObject({ code, backend: "vault" });
		expect(error.message).toMatch(message);
	});

	it("gives up at once when the signal aborts", async () => {
		expect(await failure(backend().read(ask("contract/first/text"), AbortSignal.abort()))).toMatchObject({
			code: "DSTA_TIMEOUT",
		});
	});

	it("writes fields and keeps the others, replaces them, creates and lists", async () => {
		const path = "contract/written";
		await backend().write(
			path,
			new Map([
				["a", "1"],
				["b", "2"],
			]),
			{ replace: true, signal: signal() },
		);
		const merged = await backend().write(path, new Map([["b", "3"]]), { replace: false, signal: signal() });
		expect(merged).toMatchObject({ created: false, fields: ["a", "b"] });
		expect(await backend().read(ask(`${path}/*`), signal())).toMatchObject({ value: { a: "1", b: "3" } });
		await backend().write(path, new Map([["c", "4"]]), { replace: true, signal: signal() });
		expect(await backend().read(ask(`${path}/*`), signal())).toMatchObject({ value: { c: "4" } });
		expect(await backend().list("contract", signal())).toContain("written");
		expect(await backend().list("contract/none", signal())).toEqual([]);
		await backend().write("contract/deleted", new Map([["key", "back"]]), {
			replace: false,
			signal: signal(),
		});
		expect(await backend().read(ask("contract/deleted/key"), signal())).toMatchObject({ value: "back" });
	});

	it("finds a token that was not there the first time", async () => {
		const home = mkdtempSync(join(tmpdir(), "dsta-run-home-"));
		const made = backend({ VAULT_TOKEN: "" }, {}, home);
		expect(await failure(made.read(ask("contract/first/text"), signal()))).toMatchObject({
			code: "DSTA_UNAVAILABLE",
		});
		writeFileSync(join(home, ".vault-token"), `${ROOT_TOKEN}\n`);
		expect(await made.read(ask("contract/first/text"), signal())).toMatchObject({ value: SENTINEL });
	});

	it("accepts its token", async () => {
		await backend().check(signal());
		expect((await failure(backend({ VAULT_TOKEN: "wrong" }).check(signal()))).code).toBe("DSTA_DENIED");
	});
});
