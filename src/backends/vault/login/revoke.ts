import { DstaError } from "../../../errors.ts";
import type { BackendContext } from "../../backend.ts";
import { errorsOf } from "../client.ts";
import { failureOf, type Target } from "../failure.ts";
import type { LoginOptions } from "./login.ts";

/** Revokes the token in use. Where that fails, a warning says why; a token that is none any more needs nothing. Answers whether it is gone. */
export async function revokeToken(
	{ exchange, log, settings }: Pick<LoginOptions, "exchange" | "settings"> & Pick<BackendContext, "log">,
	signal: AbortSignal,
): Promise<boolean> {
	const apiPath = "auth/token/revoke-self";
	const target: Target = { settings, apiPath, path: apiPath, capability: "update" };
	const { namespace } = settings;
	try {
		// To revoke it twice does no harm.
		const response = await exchange(target, {
			method: "POST",
			path: apiPath,
			namespace,
			repeat: "always",
			signal,
		});
		const isGone = errorsOf(response)?.some((error) => /invalid token|bad token/i.test(error));
		if (response.status !== 200 && response.status !== 204 && !isGone) throw failureOf(response, target);
		return true;
	} catch (error) {
		if (!(error instanceof DstaError)) throw error;
		log(
			"warn",
			`the token of the login to Vault was not revoked and will expire by itself: ${error.message}`,
		);
		return false;
	}
}
