import { DstaError } from "../../../errors.ts";
import { isObject } from "../../select.ts";
import { errorsOf } from "../client.ts";
import { failureOf, type Target } from "../failure.ts";
import { vaultCommand } from "../settings.ts";
import { type Attempt, loginWords } from "./attempt.ts";

const PATH = "sys/wrapping/unwrap";

/**
 * The secret_id that a wrapping token stands for, which can be asked for once.
 * @throws {DstaError} DSTA_DENIED the token is used up, or wraps something else · DSTA_UNAVAILABLE or DSTA_TIMEOUT no usable answer came
 */
export async function unwrapSecretId(attempt: Attempt, token: string): Promise<string> {
	const { exchange, settings, signal } = attempt;
	const target: Target = { settings, apiPath: PATH, path: PATH, capability: "read" };
	const { namespace } = settings;
	const request = { method: "POST", path: PATH, namespace, token, repeat: "undone", signal } as const;
	const response = await exchange(target, request);
	const data = response.body?.data;
	if (response.status === 200) {
		const secretId = isObject(data) ? data.secret_id : undefined;
		if (typeof secretId === "string" && secretId !== "") return secretId;
		throw denied(attempt, "the wrapping token holds no secret_id", "Wrap one");
	}
	const errors = errorsOf(response);
	const isUsedUp = errors?.some((error) => /wrapping token|bad token|invalid token/i.test(error));
	if (!isUsedUp) throw failureOf(response, target);
	throw denied(
		attempt,
		"the wrapping token has expired or was used: somebody else may have unwrapped the secret_id",
		"If nobody of yours has, destroy that secret_id and find out who did. Then wrap a new one",
	);
}

function denied(attempt: Attempt, reason: string, cure: string): DstaError {
	return new DstaError(
		"DSTA_DENIED",
		`Permission denied: Vault at ${attempt.settings.address} refused the ${loginWords(attempt)}: ${reason}`,
		{
			backend: "vault",
			path: PATH,
			cure: `${cure}: ${vaultCommand(attempt.settings)} write -f -wrap-ttl=5m auth/${attempt.mount}/role/ROLE/secret-id`,
		},
	);
}
