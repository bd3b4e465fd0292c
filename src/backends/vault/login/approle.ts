import { vaultCommand } from "../settings.ts";
import type { Attempt, LogIn } from "./attempt.ts";
import { environmentSource } from "./environment.ts";
import { requestToken } from "./request.ts";
import { readWord } from "./secret-source.ts";
import { unwrapSecretId } from "./unwrap.ts";

/** Logs in as a machine: by a role_id, and a secret_id that may be good for one login alone. */
export const logInByApprole: LogIn = async (attempt) => {
	const { auth, context, mount, settings } = attempt;
	const { roleId = environmentSource(context.env, "ROLE_ID") } = auth;
	const role = typeof roleId === "string" ? roleId : readWord(attempt, "role_id", roleId);
	const secret = await secretIdOf(attempt);
	const vault = vaultCommand(settings);
	return requestToken(attempt, {
		body: { role_id: role, secret_id: secret },
		hidden: [secret],
		repeat: "undone",
		advice: `Check that role_id (${vault} read auth/${mount}/role/ROLE/role-id) and secret_id belong together, and that the secret_id has neither expired nor been used up; make a new one: ${vault} write -f auth/${mount}/role/ROLE/secret-id`,
	});
};

async function secretIdOf(attempt: Attempt): Promise<string> {
	const { auth, context } = attempt;
	const { secretId, wrapped } = auth;
	const wrapping = environmentSource(context.env, "WRAPPED_TOKEN");
	if (wrapped ?? (secretId === undefined && context.env[wrapping.env]))
		return unwrapSecretId(attempt, readWord(attempt, "wrapping token", secretId ?? wrapping));
	return readWord(attempt, "secret_id", secretId ?? environmentSource(context.env, "SECRET_ID"));
}
