import type { BackendContext, Examination, ReadRequest } from "../../backend.ts";
import type { Session } from "../session.ts";
import type { VaultSettings } from "../settings.ts";
import { observeCapabilities } from "./capabilities.ts";
import { observeEngines } from "./engines.ts";
import { observeNamespaces } from "./namespaces.ts";
import { askHealth, observeServer, observeServerClock } from "./server.ts";
import { observeToken } from "./token.ts";

/** What is examined, and by what. */
export interface Patient {
	readonly context: BackendContext;
	readonly settings: VaultSettings;
	/** Whether a run goes on to look whether its secrets have changed. */
	readonly isWatched: boolean;
	/**
	 * The logged-in session of the backend.
	 * @throws {DstaError} as `openSession`
	 */
	session(): Promise<Session>;
}

/** What can be looked at in a server and its token, for a map that asks this of it. */
export function examineVault(requests: readonly ReadRequest[], patient: Patient): readonly Examination[] {
	const { isWatched, session, settings } = patient;
	const needs = { requests, isWatched };
	// The server and its clock need no token, so that a missing one hides nothing.
	return [
		{ name: "server", look: async (signal) => observeServer(settings, await askHealth(patient, signal)) },
		{ name: "clock", look: async (signal) => observeServerClock(settings, await askHealth(patient, signal)) },
		{ name: "token", look: async (signal) => observeToken(await session(), signal) },
		{ name: "namespace", look: async (signal) => observeNamespaces(requests, await session(), signal) },
		{ name: "kv", look: async (signal) => observeEngines(requests, await session(), signal) },
		{ name: "capabilities", look: async (signal) => observeCapabilities(needs, await session(), signal) },
	];
}
