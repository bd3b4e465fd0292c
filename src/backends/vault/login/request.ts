import { now } from "../../../clock.ts";
import type { SecretValue } from "../../backend.ts";
import { isObject } from "../../select.ts";
import { encodePath } from "../api-path.ts";
import type { ApiResponse, Repeat } from "../client.ts";
import type { Target } from "../failure.ts";
import { readTerm } from "../lease.ts";
import { type Attempt, loginWords, type Obtained } from "./attempt.ts";
import { loginFailure } from "./failure.ts";

/** What a method sends to log in. */
export interface LoginRequest {
	/** Below the mount, decoded; `login` where nobody says. */
	readonly path?: string;
	readonly body: { readonly [key: string]: string };
	/** The credentials in it, which no message may repeat. */
	readonly hidden: readonly string[];
	/** `undone` where the credentials cannot be used again. */
	readonly repeat: Repeat;
	/** What to look at where Vault refuses them: whole sentences. */
	readonly advice: string;
}

/**
 * Sends a login.
 * @throws {DstaError} as `LogIn`
 */
export async function requestToken(attempt: Attempt, request: LoginRequest): Promise<Obtained> {
	const { context, exchange, mount, settings, signal } = attempt;
	const { advice, body, hidden, path = "login", repeat } = request;
	const apiPath = `auth/${mount}/${path}`;
	const target: Target = { settings, apiPath, path: apiPath, capability: "read" };
	const send = (content: SecretValue): Promise<ApiResponse> =>
		exchange(target, {
			method: "POST",
			path: encodePath(apiPath),
			namespace: settings.namespace,
			body: content,
			hidden,
			repeat,
			signal,
		});
	const sentAt = now();
	const response = await send(body);
	const obtained = tokenOf(response, sentAt);
	if (obtained === undefined)
		throw await loginFailure(response, { attempt, target, advice, probe: () => send({}) });
	context.log("debug", `Vault at ${settings.address} gave a token for the ${loginWords(attempt)}`, {
		event: "vault.login",
	});
	return obtained;
}

function tokenOf({ body, status }: ApiResponse, sentAt: number): Obtained | undefined {
	const auth = body?.auth;
	if (status !== 200 || !isObject(auth)) return undefined;
	const { client_token: token, token_type: type } = auth;
	// What cannot be a header is no answer of Vault's.
	if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) return undefined;
	return { token, isOurs: type !== "batch", term: readTerm(auth, sentAt) };
}
