import { vaultCommand } from "../settings.ts";
import { type Attempt, halfLogin, type LogIn } from "./attempt.ts";
import type { SecretSource } from "./auth.ts";
import { requestToken } from "./request.ts";
import { readWord } from "./secret-source.ts";

/** Where every container of a pod finds the token of its service account, which Kubernetes replaces before it expires. */
const SERVICE_ACCOUNT_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** Logs in as the service account of a pod. */
export const logInByKubernetes: LogIn = async (attempt) => {
	const { auth, mount, settings } = attempt;
	if (auth.role === undefined)
		throw halfLogin(attempt, {
			part: "role",
			reason: "VAULT_ROLE is not set",
			cure: "Set it, or vault.auth.role in the map",
		});
	const vault = vaultCommand(settings);
	return logInBy(attempt, auth.token ?? { file: SERVICE_ACCOUNT_TOKEN }, [
		`Check that the role lets in the service account and the namespace of this pod, and its audience (${vault} read auth/${mount}/role/${auth.role}),`,
		`and that Vault may ask Kubernetes for a review of its token (${vault} read auth/${mount}/config).`,
	]);
};

/** Logs in by a JSON web token of an issuer that the mount trusts. */
export const logInByJwt: LogIn = async (attempt) => {
	const { auth, mount, settings } = attempt;
	if (auth.token === undefined)
		throw halfLogin(attempt, {
			part: "token",
			reason: "VAULT_JWT_FILE is not set",
			cure: "Set it to the file with the JSON web token, or vault.auth.token in the map",
		});
	const vault = vaultCommand(settings);
	return logInBy(attempt, auth.token, [
		`Check that the token has not expired, that its issuer is the mount's (${vault} read auth/${mount}/config),`,
		`and that audience, subject and claims are what the role wants (${vault} read auth/${mount}/role/${auth.role ?? "ROLE"}).`,
	]);
};

function logInBy(attempt: Attempt, source: SecretSource, advice: readonly string[]) {
	const { role } = attempt.auth;
	const jwt = readWord(attempt, "JSON web token", source);
	return requestToken(attempt, {
		body: { ...(role === undefined ? {} : { role }), jwt },
		hidden: [jwt],
		repeat: "always",
		advice: advice.join(" "),
	});
}
