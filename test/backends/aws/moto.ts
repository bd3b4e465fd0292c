import { KEYS } from "./backend.ts";

/** Where the real server listens; empty where there is none, and its tests are skipped. */
export function motoAddress(): string {
	return process.env.DSTA_TEST_MOTO ?? "";
}

/** Asks the server itself, past the code under test. */
export async function ask<Output>(action: string, input: object, region = "us-east-1"): Promise<Output> {
	const scope = `Credential=${KEYS.AWS_ACCESS_KEY_ID}/20260101/${region}/secretsmanager/aws4_request`;
	const request = {
		method: "POST",
		headers: {
			"Content-Type": "application/x-amz-json-1.1",
			"X-Amz-Target": `secretsmanager.${action}`,
			Authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=none`,
		},
		body: JSON.stringify({ ClientRequestToken: crypto.randomUUID(), ...input }),
	};
	let response = await fetch(motoAddress(), request);
	// Its secrets are a plain dictionary, which one request may change while another one walks through it.
	for (let again = 0; response.status === 500 && again < 5; again++)
		response = await fetch(motoAddress(), request);
	if (!response.ok) throw new Error(`${action}: ${response.status} ${await response.text()}`);
	return (await response.json()) as Output;
}
