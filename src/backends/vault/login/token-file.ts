import type { LogIn } from "./attempt.ts";
import { readWord } from "./secret-source.ts";

/** Takes the token from a file, where an agent or an administrator has put it. */
export const readTokenFile: LogIn = async (attempt) => {
	const { tokenFile = "" } = attempt.auth;
	return { token: readWord(attempt, "token", { file: tokenFile }), isOurs: false };
};

/** Takes the token from a credential of the systemd unit: https://systemd.io/CREDENTIALS */
export const readCredential: LogIn = async (attempt) => {
	const { credential = "" } = attempt.auth;
	return { token: readWord(attempt, "token", { credential }), isOurs: false };
};
