import { DstaError } from "../../../errors.ts";
import { shellWord } from "../../shell.ts";
import { type ApiResponse, errorsOf } from "../client.ts";
import { failureOf, inNamespace, type Target } from "../failure.ts";
import { vaultCommand } from "../settings.ts";
import { type Attempt, loginWords } from "./attempt.ts";

export interface RefusedLogin {
	readonly attempt: Attempt;
	readonly target: Target;
	/** What to look at where Vault refuses the credentials. */
	readonly advice: string;
	/** Sends the same login without any credential. */
	readonly probe: () => Promise<ApiResponse>;
}

/** The failure that an answer without a token stands for. */
export async function loginFailure(response: ApiResponse, login: RefusedLogin): Promise<DstaError> {
	const { body, redirectedTo, status } = response;
	const { mfa_requirement: mfa } = (body?.auth ?? {}) as { readonly mfa_requirement?: unknown };
	if (status === 200 && mfa) return refused(["it asks for a second factor"], login);
	const errors = errorsOf(response);
	const general = failureOf(response, login.target);
	if (redirectedTo !== undefined || errors === undefined) return general;
	if (errors.some((error) => /namespace not found/i.test(error))) return general;
	if (status === 404 || status === 405) return noAuthMethod(login);
	if (status === 403 && !(await isMounted(login))) return noAuthMethod(login);
	return status === 400 || status === 401 || status === 403 ? refused(errors, login) : general;
}

// Without a token all that is no login is refused, whether it exists or not, in the words in which some methods refuse a
// credential. A login that lacks its credentials is wrong in another way.
async function isMounted({ probe }: RefusedLogin): Promise<boolean> {
	const { status } = await probe();
	return status !== 403;
}

function noAuthMethod({ attempt: { auth, mount, settings }, target }: RefusedLogin): DstaError {
	const { address } = settings;
	const vault = vaultCommand(settings);
	return new DstaError(
		"DSTA_CONFIG",
		`Vault at ${address} has no login by ${auth.method} at auth/${mount}/${inNamespace(settings)}`,
		{
			backend: "vault",
			path: target.path,
			cure: `Set vault.auth.mount in the map (VAULT_AUTH_PATH) to where it is (${vault} auth list), vault.auth.namespace (VAULT_NAMESPACE) to the namespace that has it, or enable it: ${vault} auth enable -path=${shellWord(mount)} ${auth.method}`,
		},
	);
}

function refused(errors: readonly string[], { advice, attempt, target }: RefusedLogin): DstaError {
	const reason = errors.join("; ").replace(/\s+/g, " ").slice(0, 200);
	return new DstaError(
		"DSTA_DENIED",
		`Permission denied: Vault at ${attempt.settings.address} refused the ${loginWords(attempt)}: ${reason}`,
		{ backend: "vault", path: target.path, cure: advice },
	);
}
