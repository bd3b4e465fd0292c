import { DstaError, type ErrorCode } from "../../../errors.ts";
import { outputOf, ProgramFailure } from "../../program-output.ts";
import { checkToken } from "../token.ts";
import { halfLogin, type LogIn } from "./attempt.ts";

/** Takes the token from the standard output of a command, which is run without a shell and has our standard error. */
export const askCommand: LogIn = async (attempt) => {
	const { auth, context, signal } = attempt;
	const [file, ...args] = auth.command ?? [];
	if (file === undefined) {
		const reason = "the environment has no variable for it";
		const cure = "Write it into the map (vault.auth: { method: command, command: [WORD, …] })";
		throw halfLogin(attempt, { part: "command", reason, cure });
	}
	try {
		const output = await outputOf([file, ...args], { ...context, signal, stderr: "inherit" });
		const token = output.toString("utf8").replace(/\r?\n$/, "");
		if (token === "") throw failed("DSTA_CONFIG", file, "printed no token");
		return { token: checkToken(token, `the output of ${file}`), isOurs: false };
	} catch (error) {
		if (error instanceof ProgramFailure) throw failed(CODES[error.kind], file, error.message);
		throw error;
	}
};

const CODES: Readonly<Record<ProgramFailure["kind"], ErrorCode>> = {
	unstartable: "DSTA_CONFIG",
	excess: "DSTA_CONFIG",
	late: "DSTA_TIMEOUT",
	ended: "DSTA_UNAVAILABLE",
};

// Neither its arguments nor what it printed: both may hold credentials.
function failed(code: ErrorCode, file: string, how: string): DstaError {
	return new DstaError(code, `Vault not available: no token from the command ${file}, which ${how}`, {
		backend: "vault",
		cure: `Run it by hand as vault.auth.command has it: it is to print a token and nothing else, and to end with status 0.`,
	});
}
