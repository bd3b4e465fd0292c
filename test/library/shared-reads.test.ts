import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { createSharedReads } from "../../src/library/shared-reads.ts";
import type { Resolution } from "../../src/resolve/resolve.ts";
import { parseSecretPath } from "../../src/secret-path.ts";
import { SecretValues } from "../../src/secret-values.ts";

describe("what shared reads have kept", () => {
	it("is let go of when its time is over and others come", async () => {
		setFlagsFromString("--expose-gc");
		const collect = runInNewContext("gc") as () => void;
		const seen: WeakRef<Resolution>[] = [];
		const reads = createSharedReads({
			timeoutMs: 1000,
			keepMs: 10,
			resolve: async (entries) =>
				entries.map((entry) => {
					const resolution: Resolution = {
						entry,
						names: [],
						values: new SecretValues(),
						errors: [],
						invalid: new Map(),
						missing: [],
						origin: "env",
						attempts: [],
					};
					seen.push(new WeakRef(resolution));
					return resolution;
				}),
		});
		const read = async (path: string) => {
			await reads.read({ path: parseSecretPath(path), names: [] }, {});
		};
		await Promise.all([read("a/b/c"), read("a/b/d")]);
		await sleep(20);
		await read("a/b/e");
		await sleep(0);
		collect();
		expect(seen.map((one) => one.deref()?.entry.path.text)).toEqual([undefined, undefined, "a/b/e"]);
	});
});
