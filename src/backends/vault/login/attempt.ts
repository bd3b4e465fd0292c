import { DstaError } from "../../../errors.ts";
import type { BackendContext } from "../../backend.ts";
import { inNamespace } from "../failure.ts";
import type { Term } from "../lease.ts";
import type { Session } from "../session.ts";
import type { VaultSettings } from "../settings.ts";
import type { VaultAuth } from "./auth.ts";

/** One attempt to log in. */
export interface Attempt {
	readonly auth: VaultAuth;
	/** Below `auth/`. */
	readonly mount: string;
	/** With the namespace of the login. */
	readonly settings: VaultSettings;
	readonly context: BackendContext;
	/** Asks Vault's API without a token. */
	readonly exchange: Session["ask"];
	readonly signal: AbortSignal;
}

/** What an attempt ends with. */
export interface Obtained {
	readonly token: string;
	/** Whether the login made the token, and Vault can revoke it. */
	readonly isOurs: boolean;
	/** How long it lives, where the login made it. */
	readonly term?: Term;
}

/**
 * Comes by a token.
 * @throws {DstaError} DSTA_CONFIG half a login is configured, or there is no such mount · DSTA_DENIED Vault refuses it ·
 * DSTA_UNAVAILABLE or DSTA_TIMEOUT no usable answer came
 */
export type LogIn = (attempt: Attempt) => Promise<Obtained>;

/** Words for a login at a mount, which tell nothing but how it is made. */
export function loginWords({ auth: { method, role }, mount, settings }: Attempt): string {
	const withRole = role === undefined ? "" : ` with the role ${role}`;
	return `login by ${method} at auth/${mount}/${withRole}${inNamespace(settings)}`;
}

/** A part of a login that is not there: which one, why, and how to come by it. */
export interface Missing {
	readonly part: string;
	readonly reason: string;
	readonly cure: string;
}

/** The failure of a login that is configured by half, before anything is sent. */
export function halfLogin(
	{ auth: { method } }: Pick<Attempt, "auth">,
	{ cure, part, reason }: Missing,
): DstaError {
	return new DstaError("DSTA_CONFIG", `The login to Vault by ${method} has no ${part}: ${reason}`, {
		backend: "vault",
		cure: `${cure}; or set VAULT_TOKEN, which needs no login.`,
	});
}
