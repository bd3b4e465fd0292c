import { expect } from "vitest";
import type { BackendContext, Found, WritableBackend } from "../../../src/backends/backend.ts";
import { createVaultBackend } from "../../../src/backends/vault/vault.ts";
import type { DstaError } from "../../../src/errors.ts";
import { askedInBuild } from "../../contract/remote.ts";
import { everythingOf, failureOf, request } from "../aws/backend.ts";

/** What no output may ever show. */
export const SENTINELS = { token: "hvs.sentinel-token-4711", value: "sentinel-value-4712" };

/** A backend for one address, with a token and no namespace. */
export function openBackend(
	address: string,
	env: BackendContext["env"] = {},
	context: Partial<BackendContext> = {},
): WritableBackend & Disposable {
	const whole = {
		env: { VAULT_ADDR: address, VAULT_TOKEN: SENTINELS.token, VAULT_NAMESPACE: "", ...env },
		home: "/nonexistent",
		cwd: "/",
		paths: [],
		settings: {},
		log: () => undefined,
		...context,
	};
	const made = createVaultBackend(whole);
	if (made === undefined) throw new Error("not configured");
	const backend = askedInBuild(made, "vault", whole);
	return { ...backend, [Symbol.dispose]: () => backend.close() };
}

/** Reads paths in one turn of the event loop, as a resolution does. */
export function readAll(
	backend: WritableBackend,
	paths: readonly string[],
	signal = new AbortController().signal,
): Promise<readonly (Found | undefined)[]> {
	return Promise.all(paths.map((path) => backend.read(request(path), signal)));
}

/** The failure of an action, which shows neither the token nor a value. */
export async function harmlessFailure(action: Promise<unknown>): Promise<DstaError> {
	const error = await failureOf(action);
	expect(everythingOf(error)).not.toContain("sentinel");
	expect(error.backend).toBe("vault");
	return error;
}
