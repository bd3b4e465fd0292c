import { describe, expect, it, vi } from "vitest";
import type { WritableBackend } from "../../src/backends/backend.ts";
import { request } from "./aws/backend.ts";
import { openBackend } from "./vault/backend.ts";
import { secretV2, startFakeVault } from "./vault/fake-vault.ts";

const { clock } = vi.hoisted(() => ({ clock: { passedMs: 0 } }));
vi.mock("../../src/clock.ts", () => ({ now: () => performance.now() + clock.passedMs }));

const read = (backend: WritableBackend) => backend.read(request("a/b/c"), AbortSignal.timeout(5000));

describe("A connection that was kept", () => {
	it("is used again soon, and not after a while, when it may lead nowhere", async () => {
		await using vault = await startFakeVault(({ turn }) => (turn > 3 ? "silence" : secretV2({ c: "v" })));
		using backend = openBackend(vault.url, {}, { settings: { kv: 2 } });
		for (let time = 1; time <= 3; time++) expect((await read(backend))?.value).toBe("v");
		expect(vault.connections.total).toBe(1);
		clock.passedMs += 60_000;
		expect((await read(backend))?.value).toBe("v");
		expect(vault.connections).toMatchObject({ total: 2, peak: 2 });
	});

	it("is no matter when the server has closed it meanwhile", async () => {
		await using vault = await startFakeVault(({ turn }) =>
			turn > 1 ? { raw: "", after: "reset" } : secretV2({ c: "v" }),
		);
		using backend = openBackend(vault.url, {}, { settings: { kv: 2 } });
		for (let poll = 1; poll <= 5; poll++) expect((await read(backend))?.value).toBe("v");
	});
});
