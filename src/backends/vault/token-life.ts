import { DstaError } from "../../errors.ts";
import type { Target } from "./failure.ts";
import type { Session } from "./session.ts";
import type { VaultSettings } from "./settings.ts";

export interface TokenQuestion {
	readonly exchange: Session["exchange"];
	/** With the namespace of the token. */
	readonly settings: VaultSettings;
	/** `undefined`: the one in use. */
	readonly token?: string | undefined;
	readonly signal: AbortSignal;
}

/** Whether a token is none any more: not even what it is may be asked with it. Where nobody answers, nobody knows: false. */
export async function isTokenOver({ exchange, settings, ...rest }: TokenQuestion): Promise<boolean> {
	const apiPath = "auth/token/lookup-self";
	const target: Target = { settings, apiPath, path: apiPath, capability: "read" };
	const { namespace } = settings;
	try {
		const { status } = await exchange(target, { method: "GET", path: apiPath, namespace, ...rest });
		return status === 403;
	} catch (error) {
		if (error instanceof DstaError) return false;
		throw error;
	}
}
