import { expect, it } from "vitest";
import { readinessOf } from "../../src/observe/readiness.ts";
import type { RunState } from "../../src/observe/run-state.ts";
import { runState, secret } from "./state.ts";

const NOW = 1000;
const failure = { backend: "vault", code: "DSTA_UNAVAILABLE" };
const stale = (backend: string, condition: "fallback" | "snapshot") => ({
	secrets: [secret("x/y/z", { backend, condition, failure })],
});

it.each<[what: string, state: Partial<RunState>, reasons: readonly string[]]>([
	["the command runs on fresh secrets", {}, []],
	["it has not started", { command: { phase: "waiting" } }, ["the command has not started yet"]],
	["it was stopped", { command: { phase: "stopped" } }, ["the command is stopped"]],
	["it has ended", { command: { phase: "ended" } }, ["the command has ended"]],
	[
		"another backend stands in for one",
		stale("env", "fallback"),
		["x/y/z: vault could not be asked, env has given it [DSTA_UNAVAILABLE]"],
	],
	[
		"a default does",
		stale("default", "fallback"),
		["x/y/z: vault could not be asked, the default stands in for it [DSTA_UNAVAILABLE]"],
	],
	[
		"nobody does",
		stale("none", "fallback"),
		["x/y/z: vault could not be asked, nobody else has it [DSTA_UNAVAILABLE]"],
	],
	[
		"the snapshot does",
		stale("vault", "snapshot"),
		["x/y/z: vault could not be asked, the snapshot stands in for it [DSTA_UNAVAILABLE]"],
	],
	[
		"a lease is over",
		{
			leases: [
				{ path: "database/creds/app", endsAt: NOW },
				{ path: "other", endsAt: NOW + 1 },
			],
		},
		["database/creds/app: its lease has ended"],
	],
	["two polls had no answer", { watch: { failures: 9, failuresInARow: 2 } }, []],
	[
		"three polls had no answer",
		{ watch: { failures: 9, failuresInARow: 3 } },
		["whether secrets have changed could not be found out 3 times in a row"],
	],
])("a run is ready, or says why not, where %s", (_what, state, reasons) => {
	const readiness = readinessOf(runState(state), NOW);
	const told = readiness.reasons.map(({ path, reason }) =>
		path === undefined ? reason : `${path}: ${reason}`,
	);
	expect({ isReady: readiness.isReady, told }).toEqual({ isReady: reasons.length === 0, told: reasons });
	expect(readiness.isRunning).toBe((state.command?.phase ?? "running") === "running");
});

it("a run is ready with what its backends have no more, or not so, and says it", () => {
	const notTaken = [{ path: "a/b/c", reason: "what was read anew is not taken over [DSTA_MAP]" }];
	const { isReady, outdated } = readinessOf(
		runState({ notTaken, secrets: [secret("x/y/z", { condition: "gone", gone: ["x/y/z"] })] }),
		NOW,
	);
	expect({ isReady, outdated }).toEqual({
		isReady: true,
		outdated: [...notTaken, { path: "x/y/z", reason: "vault has it no more, and its value stays" }],
	});
});
