import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { launchSync, RUNTIME, RUNTIME_ENV } from "../process/launch.ts";
import type { Chunk } from "./list-chunks.ts";

/** The sources that a run imports when it comes to them. */
const RUN = [
	...["src/cli.ts", "src/cli/commands/run.ts", "src/launch/replace.ts"],
	...["src/launch/native/execute.ts", "src/launch/native/supervise.ts"],
	...["vault/vault", "aws/aws", "env/env"].map((name) => `src/backends/${name}.ts`),
];
const VAULT = ["src/backends/vault/session.ts", "src/backends/vault/reader.ts", "node-vault/src/index.js"];
const AWS = ["session", "waves", "client"].map((name) => `src/backends/aws/${name}.ts`);
const TRANSPORT = "src/backends/fetch-http.ts";

const USED = ["buffer", "fs", "os", "path", "process", "vm"];

// Bun takes a millisecond for each further one, and ten for all that HTTP, TLS or streams bring along.
it.each([
	["with the environment alone", RUN, USED],
	["where Vault is asked", [...RUN, ...VAULT, TRANSPORT], [...USED, "timers/promises"]],
	["where AWS is asked", [...RUN, ...AWS, TRANSPORT], [...USED, "fs/promises"]],
])("the standalone executable loads no part of Node but what it needs: %s", (_what, sources, modules) => {
	const script = fileURLToPath(new URL("list-chunks.ts", import.meta.url));
	const { stderr, stdout } = spawnSync(RUNTIME, [script], { env: RUNTIME_ENV, encoding: "utf8" });
	expect(stderr).toBe("");
	expect(modulesOf(new Map(JSON.parse(stdout)), sources)).toEqual(modules.toSorted());
});

it("the standalone executable compiles nothing of a start, and what runs for long as well as ever", () => {
	const { stderr } = launchSync(["--version"], { env: { ...process.env, BUN_JSC_dumpOptions: "2" } });
	const thresholds = [...stderr.matchAll(/\bthresholdFor((?:JIT|Optimize)\w+)=(\d+)/g)].map(
		([, name, value]) => [name, value],
	);
	expect(Object.fromEntries(thresholds)).toEqual({
		JITAfterWarmUp: "20000",
		JITSoon: "100",
		OptimizeAfterWarmUp: "1000",
		OptimizeAfterLongWarmUp: "1000",
		OptimizeSoon: "1000",
	});
});

/** The modules of Node that come with the chunks of sources. */
function modulesOf(chunks: ReadonlyMap<string, Chunk>, sources: readonly string[]): string[] {
	const own = sources.map(
		(name) => [...chunks].find(([, { source }]) => source?.endsWith(name))?.[0] ?? name,
	);
	const loaded = new Set(own);
	// A set is walked to its end even while it grows.
	for (const name of loaded) for (const imported of chunks.get(name)?.imports ?? []) loaded.add(imported);
	return [...loaded].filter((name) => !chunks.has(name)).sort();
}
