import { DstaError } from "../../../errors.ts";
import type { BackendContext } from "../../backend.ts";
import { errorsOf } from "../client.ts";
import { failureOf, type Target } from "../failure.ts";
import { isTokenOver } from "../token-life.ts";
import type { LoginOptions } from "./login.ts";

/** Revokes a token. Where that fails, a warning says why; a token that is none any more needs nothing. Answers whether it is gone. */
export async function revokeToken(
	token: string,
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
			token,
			signal,
		});
		if (response.status === 200 || response.status === 204) return true;
		const isGone = errorsOf(response)?.some((error) => /invalid token|bad token/i.test(error));
		// Some say no more than that it is denied.
		const isOver = () => isTokenOver({ exchange, settings, token, signal });
		if (isGone || (response.status === 403 && (await isOver()))) return true;
		throw failureOf(response, target);
	} catch (error) {
		if (!(error instanceof DstaError)) throw error;
		log(
			"warn",
			`the token of the login to Vault was not revoked and will expire by itself: ${error.message}`,
			{ event: "vault.token-left" },
		);
		return false;
	}
}
