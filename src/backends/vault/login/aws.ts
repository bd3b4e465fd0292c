import { DstaError } from "../../../errors.ts";
import { vaultCommand } from "../settings.ts";
import type { LogIn } from "./attempt.ts";
import { requestToken } from "./request.ts";

/** Logs in as an identity of AWS: by a signed request for its name, which Vault sends on to AWS. */
export const logInByAws: LogIn = async (attempt) => {
	const { auth, context, mount, settings, signal } = attempt;
	const { header, region, role } = auth;
	const { signCallerIdentity } = await import("../../aws/caller-identity.ts");
	const signing = signCallerIdentity(context, { region, serverId: header, signal });
	const request = await signing.catch((error) => {
		throw error instanceof DstaError ? inWordsOfLogin(error) : error;
	});
	const headers = encode(JSON.stringify(request.headers));
	const vault = vaultCommand(settings);
	return requestToken(attempt, {
		body: {
			...(role === undefined ? {} : { role }),
			iam_http_request_method: request.method,
			iam_request_url: encode(request.url),
			iam_request_body: encode(request.body),
			iam_request_headers: headers,
		},
		hidden: [headers, ...Object.values(request.headers).filter((value) => value.length > 20)],
		repeat: "always",
		advice: `Check that the role takes the identity that \`aws sts get-caller-identity\` shows (${vault} read auth/${mount}/role/${role ?? "ROLE"}), that vault.auth.header is the mount's iam_server_id_header_value and vault.auth.region that of its sts_endpoint (${vault} read auth/${mount}/config/client), and the clock of this machine.`,
	});
};

// What it is for is Vault and not Secrets Manager.
function inWordsOfLogin({ code, cure, message }: DstaError): DstaError {
	const isMissing = code === "DSTA_UNAVAILABLE" || code === "DSTA_TIMEOUT";
	const reason = code === "DSTA_TIMEOUT" ? "no credentials of AWS in time" : message;
	return new DstaError(code, `The login to Vault by aws was not made: ${reason}`, {
		backend: "vault",
		cure: isMissing ? "See that this host has credentials of AWS: aws sts get-caller-identity" : cure,
	});
}

function encode(text: string): string {
	return Buffer.from(text).toString("base64");
}
