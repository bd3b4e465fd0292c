import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import type { Backend, WritableBackend } from "../../src/backends/backend.ts";
import type { BackendName } from "../../src/backends/registry.ts";
import { type Backends, createBackends } from "../../src/resolve/backends.ts";

/** What the backends of this test are asked at the end, in this order. */
const asked: string[] = [];
const RELEASES: { -readonly [Name in BackendName]?: Backend["release"] } = {};

vi.mock(import("../../src/backends/registry.ts"), async (original) => {
	const create = (name: BackendName) => async () => () =>
		({
			close: () => asked.push(`close ${name}`),
			...(RELEASES[name] && { release: RELEASES[name] }),
		}) as unknown as WritableBackend;
	const BACKENDS = { vault: create("vault"), aws: create("aws"), env: create("env") };
	return { ...(await original()), BACKENDS };
});

async function open(releases: typeof RELEASES, names: readonly BackendName[]): Promise<Backends> {
	asked.length = 0;
	Object.assign(RELEASES, { vault: undefined, aws: undefined }, releases);
	const backends = createBackends({
		env: {},
		home: undefined,
		cwd: "/",
		paths: [],
		settings: {},
		named: new Set(),
		log: () => undefined,
	});
	for (const name of names) await backends.get(name);
	return backends;
}

describe("what backends have obtained for a run", () => {
	it("is given back before connections are closed, and only once", async () => {
		const backends = await open({ vault: async () => void asked.push("release vault") }, ["vault", "aws"]);
		await backends.release();
		await backends.release();
		expect(asked).toEqual(["release vault", "close vault", "close aws"]);
	});

	it("keeps its connections until then, and only these", async () => {
		const backends = await open({ vault: async () => undefined }, ["vault", "aws"]);
		backends.close();
		await sleep(0);
		expect(asked).toEqual(["close aws"]);
	});

	it("is no matter where there is nothing: no time passes, no backend is made", async () => {
		const backends = await open({}, []);
		let isOver = false;
		void backends.release().then(() => {
			isOver = true;
		});
		for (let turn = 0; turn < 20; turn++) await Promise.resolve();
		expect({ isOver, asked }).toEqual({ isOver: true, asked: [] });
	});

	it("is given back by others, and all are closed, where one fails", async () => {
		const fail = async () => {
			throw new TypeError("s3ntinel");
		};
		const backends = await open({ vault: fail, aws: async () => void asked.push("release aws") }, [
			"vault",
			"aws",
		]);
		await backends.release();
		expect(asked).toEqual(["release aws", "close vault", "close aws"]);
	});

	it.each<[string, Backend["release"]]>([
		[
			"stops at the signal",
			(signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
		],
		["does not stop by itself", () => new Promise(() => undefined)],
	])("holds up an end for two seconds at most where a backend %s", async (_what, release) => {
		const backends = await open({ vault: release }, ["vault"]);
		vi.useFakeTimers({ toFake: ["setTimeout"] });
		const released = backends.release();
		await vi.advanceTimersByTimeAsync(2100);
		vi.useRealTimers();
		await released;
		expect(asked).toEqual(["close vault"]);
	});
});
