import { findSetting } from "../connection-settings.ts";
import { vaultCommand } from "../settings.ts";
import { halfLogin, type LogIn } from "./attempt.ts";
import { requestToken } from "./request.ts";

/** Logs in by the client certificate of the connection. */
export const logInByCert: LogIn = async (attempt) => {
	const { auth, context, mount, settings } = attempt;
	if (!settings.address.startsWith("https:"))
		throw halfLogin(attempt, {
			part: "TLS",
			reason: `${settings.address} has none`,
			cure: `Set ${settings.origin} to an https:// address`,
		});
	if (findSetting(context, "client_cert") === undefined)
		throw halfLogin(attempt, {
			part: "client certificate",
			reason: "VAULT_CLIENT_CERT is not set, nor vault.client_cert in the map",
			cure: "Set VAULT_CLIENT_CERT and VAULT_CLIENT_KEY to the files of a certificate and its key",
		});
	return requestToken(attempt, {
		body: auth.role === undefined ? {} : { name: auth.role },
		hidden: [],
		repeat: "always",
		advice: `Check that a role of the mount trusts the certificate of the client or its authority, and the names in it: ${vaultCommand(settings)} list auth/${mount}/certs`,
	});
};
