import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RunEvent } from "../../src/cli/events.ts";
import { followRun } from "../../src/cli/run-state.ts";
import { DstaError } from "../../src/errors.ts";
import type { Entry } from "../../src/map/secret-map.ts";
import type { SecretState } from "../../src/observe/run-state.ts";
import type { Attempt } from "../../src/resolve/chain.ts";
import type { Resolution } from "../../src/resolve/resolve.ts";
import { parseSecretPath } from "../../src/secret-path.ts";
import { SecretValues } from "../../src/secret-values.ts";

const DOWN = new DstaError("DSTA_UNAVAILABLE", "Vault is down", { cure: "Start it." });
const SENTINEL = "s3ntinel";

const attempt = (backend: Attempt["backend"], more: Partial<Attempt>): Attempt => ({
	backend,
	outcome: "absent",
	detail: "",
	durationMs: 5,
	...more,
});
const found = attempt("vault", { outcome: "found", version: "7" });
const failed = attempt("vault", { outcome: "failed", error: DOWN });
const byEnv = attempt("env", { outcome: "found" });

function resolution(origin: Resolution["origin"], attempts: readonly Attempt[], path = "a/b/c"): Resolution {
	const entry: Entry = { path: parseSecretPath(path), names: ["NAME"] };
	const values = new SecretValues([["NAME", SENTINEL]]);
	return { entry, names: ["NAME"], values, errors: [], invalid: new Map(), missing: [], origin, attempts };
}

async function stateAfter(...events: readonly RunEvent[]) {
	const run = followRun(async () => [
		{ path: "database/creds/app", leftMs: 60_000 },
		{ path: "for/ever", leftMs: Number.POSITIVE_INFINITY },
	]);
	for (const event of events) run.hear(event);
	return run.stateOf();
}

it.each<[what: string, resolution: Resolution, state: object]>([
	["Vault", resolution("vault", [found]), { backend: "vault", version: "7", condition: "fresh" }],
	[
		"the next of the chain, which Vault has left it to",
		resolution("env", [attempt("vault", {}), byEnv]),
		{ backend: "env", version: "", condition: "fresh" },
	],
	[
		"another one, while Vault is down",
		resolution("env", [failed, byEnv]),
		{ backend: "env", condition: "fallback", failure: { backend: "vault", code: "DSTA_UNAVAILABLE" } },
	],
	["a default", resolution("default", [attempt("vault", {})]), { backend: "default", condition: "fresh" }],
	[
		"a default, while Vault is down",
		resolution("default", [failed]),
		{ backend: "default", condition: "fallback" },
	],
	["nobody", resolution(undefined, [attempt("vault", {})]), { backend: "none", condition: "fresh" }],
	[
		"the snapshot",
		resolution("vault", [{ ...found, error: DOWN, snapshot: { ageMs: 60_000 } }]),
		{
			backend: "vault",
			version: "7",
			condition: "snapshot",
			failure: { backend: "vault", code: "DSTA_UNAVAILABLE" },
		},
	],
])("the state of a secret tells that it is from %s", async (_what, resolution, expected) => {
	const { secrets } = await stateAfter({ kind: "resolved", resolutions: [resolution] });
	expect(secrets).toEqual([expect.objectContaining({ path: "a/b/c", ...expected })]);
	expect(JSON.stringify(secrets)).not.toContain(SENTINEL);
});

it("the age of what the snapshot has counts from when its backend gave it", async () => {
	const old = resolution("vault", [{ ...found, error: DOWN, snapshot: { ageMs: 3_600_000 } }]);
	const { secrets } = await stateAfter({
		kind: "resolved",
		resolutions: [resolution("vault", [found], "d/e"), old],
	});
	const [fresh, stale] = secrets.map(({ readAt }) => readAt) as [number, number];
	expect(fresh - stale).toBe(3_600_000);
});

it("each path of a version is there once, with those of templates, and only as of the last resolution", async () => {
	const [one, other] = [resolution("vault", [found]), resolution("vault", [found], "d/e/f")];
	const filling = { ...other, names: ["URL"], sources: [one, other] };
	const resolutions = [one, resolution("vault", [found]), filling];
	const { secrets } = await stateAfter(
		{ kind: "resolved", resolutions: [resolution("vault", [found], "x/y")] },
		{ kind: "resolved", resolutions },
	);
	expect(secrets.map(({ path }) => path)).toEqual(["a/b/c", "d/e/f"]);
});

it("a run is followed from its start to its end", async () => {
	const paths = ["a/b/c", "d/e/f"];
	const watchFailed = { kind: "watch failed", errors: [DOWN, DOWN] } as const;
	const { command, leases, ...state } = await stateAfter(
		{ kind: "resolved", resolutions: [] },
		{ kind: "started", pid: 1, reason: "start" },
		watchFailed,
		{ kind: "watched" },
		{ kind: "changed", paths, secrets: [], names: [] },
		{ kind: "reaction", reaction: { kind: "restart" }, paths },
		{ kind: "started", pid: 2, reason: "change" },
		{ kind: "restored", reason: "it ended" },
		{ kind: "started", pid: 3, reason: "restored" },
		watchFailed,
		watchFailed,
		{ kind: "ended", ending: { signal: 15 } },
	);
	expect(state).toEqual({
		secrets: [],
		restarts: { change: 1, reload: 0, restored: 1 },
		reactions: { restart: 1 },
		changes: 2,
		watch: { failures: 3, failuresInARow: 2, answeredAt: expect.any(Number) },
		notTaken: [{ reason: "the command did not come up with what was read anew: it ended" }],
	});
	expect(command).toMatchObject({ phase: "ended", exitStatus: 143, startedAt: expect.any(Number) });
	expect(leases.map(({ path }) => path)).toEqual(["database/creds/app"]);
});

it("a command that was stopped does not run until the next one is started", async () => {
	const started = { kind: "started", pid: 1, reason: "start" } as const;
	const stopped = await stateAfter(started, { kind: "stopped" });
	expect(stopped.command).toEqual({ phase: "stopped", startedAt: expect.any(Number) });
	const again = await stateAfter(started, { kind: "stopped" }, { ...started, reason: "change" });
	expect(again.command.phase).toBe("running");
});

const INVALID = new DstaError("DSTA_INVALID_VALUE", `It is ${SENTINEL}`, { cure: "", path: "a/b/c" });
const notTaken = (...errors: DstaError[]): RunEvent => ({
	...{ kind: "not taken", isReload: false, resolutions: [], errors },
});
const WRONG_MAP = new DstaError("DSTA_MAP", "It is wrong", { cure: "" });
const reload = (error: DstaError): RunEvent => ({
	...{ kind: "not taken", isReload: true, resolutions: [], errors: [error] },
});
const read: RunEvent = { kind: "read", resolutions: [] };
const readAnew: RunEvent = { ...read, isReload: true };
const invalid = { path: "a/b/c", reason: "what was read anew is not taken over [DSTA_INVALID_VALUE]" };

it.each<[what: string, events: readonly RunEvent[], told: readonly object[]]>([
	["what was read anew is invalid", [notTaken(INVALID)], [invalid]],
	["it is valid by now", [notTaken(INVALID), read], []],
	["a backend gives no answer", [notTaken(DOWN)], []],
	["it was invalid, and a backend gives no answer", [notTaken(INVALID), notTaken(DOWN)], [invalid]],
	["a new map is wrong", [reload(WRONG_MAP)], [{ reason: expect.stringContaining("[DSTA_MAP]") }]],
	[
		"it asks a backend that gives no answer",
		[reload(DOWN)],
		[{ reason: expect.stringContaining("UNAVAILABLE") }],
	],
	["it is wrong while secrets of the old one change", [reload(WRONG_MAP), read], [expect.anything()]],
	["it is right by now", [reload(WRONG_MAP), readAnew], []],
])("what the command goes on without is told where %s", async (_what, events, told) => {
	const state = await stateAfter(...events);
	expect(state.notTaken).toEqual(told);
	expect(JSON.stringify(state)).not.toContain(SENTINEL);
});

describe("what is kept, since its backend has it no more", () => {
	beforeEach(() => {
		vi.setSystemTime(Date.now());
	});
	afterEach(() => {
		vi.useRealTimers();
	});

	it("is as old as it was, and stale for no other reason any more", async () => {
		const given = resolution("vault", [{ ...found, error: DOWN, snapshot: { ageMs: 1000 } }]);
		const kept = { ...given, kept: { attempts: [attempt("vault", {})], gone: ["a/b/c"] } };
		const run = followRun(async () => []);
		run.hear({ kind: "resolved", resolutions: [given] });
		const [first] = (await run.stateOf()).secrets;
		expect(first).toMatchObject({ condition: "snapshot", failure: { backend: "vault" } });
		vi.setSystemTime(Date.now() + 60_000);
		run.hear({ kind: "read", resolutions: [kept] });
		const { failure: _, ...rest } = first as SecretState;
		expect((await run.stateOf()).secrets).toEqual([{ ...rest, condition: "gone", gone: ["a/b/c"] }]);
		run.hear({ kind: "read", resolutions: [resolution("vault", [found])] });
		expect((await run.stateOf()).secrets).toEqual([{ ...rest, condition: "fresh", readAt: Date.now() }]);
	});

	it("is of a wildcard the field alone", async () => {
		const all = resolution("vault", [found], "a/*");
		const kept = { ...all, kept: { attempts: [found], gone: ["a#y"] } };
		const { secrets } = await stateAfter({ kind: "read", resolutions: [kept] });
		expect(secrets).toMatchObject([{ path: "a/*", condition: "fresh", gone: ["a#y"] }]);
	});
});
