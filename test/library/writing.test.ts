import { describe, expect, it } from "vitest";
import { registerBackend, VaultBackend, type WritableBackend } from "../../src/index.ts";
import { createRegistered } from "../../src/library/registered.ts";
import { MemoryBackend } from "../../src/testing.ts";
import { secretV2, startFakeVault } from "../backends/vault/fake-vault.ts";

const { signal } = new AbortController();
const from = (value: string | undefined) => ({ replace: false, from: new Map([["k", value]]), signal });
const NEW = new Map([["k", "new"]]);

registerBackend("kept", () => new MemoryBackend({ "a/b": { k: "old", other: "o" } }));
const context = { env: {}, home: undefined, cwd: "/", paths: [], settings: {}, log: () => undefined };

describe.each<[string, () => Required<Pick<WritableBackend, "write" | "annotations" | "versions">>]>([
	["in memory", () => new MemoryBackend({ "a/b": { k: "old", other: "o" } })],
	["of a user's own", () => createRegistered("kept", context) as Required<WritableBackend>],
])("a backend %s", (_what, open) => {
	it("writes a field only from the value that it has", async () => {
		const backend = open();
		for (const value of ["other", undefined])
			await expect(backend.write("a/b", NEW, from(value))).rejects.toMatchObject({
				code: "DSTA_CONFLICT",
				message: "Somebody else has changed k of a/b since it was read",
			});
		const written = await backend.write("a/b", NEW, from("old"));
		expect(written).toMatchObject({ version: "2", fields: ["k", "other"] });
		await expect(backend.write("a/c", NEW, from("old"))).rejects.toMatchObject({ code: "DSTA_CONFLICT" });
		expect(await backend.write("a/c", NEW, from(undefined))).toMatchObject({ created: true });
	});

	it("keeps texts beside its secrets", async () => {
		const { annotations } = open();
		expect(await annotations.read("a/b", signal)).toEqual(new Map());
		const write = (name: string, text: string | undefined, secret = "a/b") =>
			annotations.write(secret, new Map([[name, text]]), signal);
		await write("every", "90d");
		await write("state", "written");
		await write("state", undefined);
		expect(await annotations.read("a/b", signal)).toEqual(new Map([["every", "90d"]]));
		expect(await annotations.read("none", signal)).toBeUndefined();
		await expect(write("every", "90d", "none")).rejects.toMatchObject({ code: "DSTA_NOT_FOUND" });
		await expect(write("every", "")).rejects.toMatchObject({ code: "DSTA_CONFIG" });
	});

	it("tells the versions of its secrets", async () => {
		const backend = open();
		await backend.write("a/b", NEW, from("old"));
		const version = { createdAt: expect.any(Date), isReadable: true, isPending: false };
		expect(await backend.versions("a/b", signal)).toEqual([
			{ ...version, version: "2", isCurrent: true },
			{ ...version, version: "1", isCurrent: false },
		]);
		expect(await backend.versions("none", signal)).toEqual([]);
	});
});

it("a backend as a class has what lies beside its secrets as well", async () => {
	const data = { current_version: 1, custom_metadata: { every: "90d" }, versions: { 1: {} } };
	await using vault = await startFakeVault(({ url }) =>
		url.includes("/metadata/") ? { body: { data } } : secretV2({ k: "v" }),
	);
	const env = { VAULT_ADDR: vault.url, VAULT_TOKEN: "t", VAULT_NAMESPACE: "" };
	const backend = new VaultBackend({ env, kv: 2 });
	expect(await backend.annotations.read("a/b", signal)).toEqual(new Map([["every", "90d"]]));
	expect(await backend.versions("a/b", signal)).toMatchObject([{ version: "1", isCurrent: true }]);
	backend.close();
});
