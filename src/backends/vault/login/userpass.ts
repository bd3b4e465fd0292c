import { vaultCommand } from "../settings.ts";
import { halfLogin, type LogIn } from "./attempt.ts";
import { requestToken } from "./request.ts";
import { readPart } from "./secret-source.ts";

/** Logs in by the name and the password of a user. */
export const logInByUserpass: LogIn = async (attempt) => {
	const { mount, settings } = attempt;
	const { password, username } = attempt.auth;
	if (username === undefined || password === undefined) {
		const reason = "the environment has no variables for it";
		throw halfLogin(attempt, {
			part: "username and password",
			reason,
			cure: "Say in the map: vault.auth: { method: userpass, username: …, password: { file: … } }",
		});
	}
	const { text } = readPart(attempt, "password", password);
	return requestToken(attempt, {
		path: `login/${username}`,
		body: { password: text },
		hidden: [text],
		repeat: "always",
		advice: `Check that ${username} is a user of the mount (${vaultCommand(settings)} list auth/${mount}/users), that the password is right, and that too many wrong ones have not locked it.`,
	});
};
