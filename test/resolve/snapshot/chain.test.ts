import { describe, expect, it } from "vitest";
import type { Backend, Found } from "../../../src/backends/backend.ts";
import { DstaError } from "../../../src/errors.ts";
import type { Entry } from "../../../src/map/secret-map.ts";
import { resolveEntries } from "../../../src/resolve/resolve.ts";
import { parseSecretPath } from "../../../src/secret-path.ts";
import { givenBackends } from "../given-backends.ts";
import { absent, backendAt, found, keep, open, placeWith, SENTINEL } from "./opened.ts";

const PATH = parseSecretPath("app/db/password");

/** Resolves entries for one path while Vault is down, after Vault had answered; the environment has what is given. */
async function resolveWith(kept: "found" | "absent", entries: readonly Partial<Entry>[], inEnv?: string) {
	const place = placeWith();
	await keep(place, [kept === "found" ? found() : absent()]);
	const heard = { asked: 0, passedOver: 0, defaults: 0 };
	const vault: Backend = {
		...backendAt(),
		read() {
			heard.asked++;
			return Promise.reject(new DstaError("DSTA_UNAVAILABLE", "Vault is down", { cure: "start it" }));
		},
	};
	const { identity: _, ...env } = backendAt("the environment", "env");
	const read = async (): Promise<Found | undefined> =>
		inEnv === undefined ? undefined : { value: inEnv, location: "PASSWORD" };
	const resolutions = await resolveEntries(
		entries.map((entry) => ({ path: PATH, names: ["PASSWORD"], ...entry })),
		{
			backends: givenBackends(async (name) => (name === "vault" ? vault : { ...env, read })),
			chain: ["vault", "env"],
			strict: false,
			named: new Set(["PASSWORD"]),
			timeoutMs: 10_000,
			backendTimeoutMs: () => 10_000,
			onPassedOver: () => heard.passedOver++,
			onDefault: () => heard.defaults++,
			snapshot: await open(place),
		},
	);
	const outcomes = resolutions.map(({ errors, origin, values }) => [
		origin,
		values.get("PASSWORD") ?? errors[0]?.code,
	]);
	return { outcomes, heard };
}

describe("the chain, while the snapshot stands in for a backend,", () => {
	it("has the answer before the policy and the next backend are looked at", async () => {
		const entries = [{}, { on: { unavailable: "stop" } }, { default: "d" }] as const;
		expect(await resolveWith("found", entries, "stale")).toEqual({
			outcomes: entries.map(() => ["vault", SENTINEL]),
			heard: { asked: 3, passedOver: 0, defaults: 0 },
		});
	});

	it("has it as well in a later turn, in which the backend is known to be down and not asked", async () => {
		const { heard, outcomes } = await resolveWith("found", [{}, { chain: ["env", "vault"] }]);
		expect(outcomes).toEqual([
			["vault", SENTINEL],
			["vault", SENTINEL],
		]);
		expect(heard).toEqual({ asked: 1, passedOver: 0, defaults: 0 });
	});

	it("goes on where the backend had nothing, be it to a default, without a further warning", async () => {
		const entries = [{ on: { unavailable: "stop" } }] as const;
		const heard = { asked: 1, passedOver: 0, defaults: 0 };
		expect(await resolveWith("absent", entries, "e")).toEqual({ outcomes: [["env", "e"]], heard });
		expect(await resolveWith("absent", [{ default: "d" }])).toEqual({ outcomes: [["default", "d"]], heard });
	});

	it("ends with the backend's failure where nobody had the secret: it may be there by now", async () => {
		const { outcomes } = await resolveWith("absent", [{}]);
		expect(outcomes).toEqual([[undefined, "DSTA_UNAVAILABLE"]]);
	});
});
