import { motoAddress } from "../backends/aws/moto.ts";

const REGION = "us-east-1";

/** An account of AWS at moto, seen by a role of it. */
export interface AwsAccount {
	/** The keys of the role, with the region and where moto is. */
	readonly env: Readonly<Record<string, string>>;
	createSecret(name: string, value: string): Promise<void>;
}

/** Takes on a role. Moto, which knows no roles, has an account for each number, so that no other test sees what is in it. */
export async function openAccount(role: string): Promise<AwsAccount> {
	const question = { Action: "AssumeRole", Version: "2011-06-15", RoleArn: role, RoleSessionName: "tests" };
	const answer = await ask("sts", "AKIAEXAMPLE", {
		headers: { "Content-Type": "application/x-www-form-urlencoded" },
		body: String(new URLSearchParams(question)),
	});
	const wordOf = (name: string) => new RegExp(`<${name}>(.*)</${name}>`).exec(answer)?.[1] as string;
	const keyId = wordOf("AccessKeyId");
	return {
		env: {
			AWS_ENDPOINT_URL: motoAddress(),
			AWS_REGION: REGION,
			AWS_ACCESS_KEY_ID: keyId,
			AWS_SECRET_ACCESS_KEY: wordOf("SecretAccessKey"),
			AWS_SESSION_TOKEN: wordOf("SessionToken"),
		},
		async createSecret(Name, SecretString) {
			const headers = {
				"Content-Type": "application/x-amz-json-1.1",
				"X-Amz-Target": "secretsmanager.CreateSecret",
			};
			const body = JSON.stringify({ Name, SecretString, ClientRequestToken: crypto.randomUUID() });
			await ask("secretsmanager", keyId, { headers, body });
		},
	};
}

interface Question {
	readonly headers?: Readonly<Record<string, string>>;
	readonly body: string;
}

async function ask(service: string, keyId: string, { headers, body }: Question): Promise<string> {
	const scope = `Credential=${keyId}/20260101/${REGION}/${service}/aws4_request`;
	const authorization = `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=none`;
	const response = await fetch(motoAddress(), {
		method: "POST",
		headers: { ...headers, Authorization: authorization },
		body,
	});
	const text = await response.text();
	if (!response.ok) throw new Error(`${service}: ${response.status} ${text}`);
	return text;
}
