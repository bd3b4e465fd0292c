import { findServers } from "../test/servers/install.ts";
import { askVault, startMoto, startVault } from "../test/servers/start.ts";
import { type Case, fieldsOf } from "./cases.ts";
import { type Front, startFront } from "./front.ts";

/** The real servers, each started when it is first needed. */
export interface Servers {
	/** What stands in front of the server of a case, with the latency of the case. */
	front(wanted: Case): Promise<Front>;
	/** The address of Vault itself, with so many secrets in it. */
	vault(secrets: number): Promise<string>;
}

/** As many as a case needs. */
const SECRETS = 100;
const AT_ONCE = 50;

/** They go when the process ends. */
export function createServers(): Servers {
	const vault = once(async () => (await startVault(findServers().vault)).address);
	const filled = once(() => fill(0, SECRETS));
	const aws = once(async () => {
		const { address } = await startMoto(findServers().moto);
		await inTurn(0, SECRETS, (secret) => createSecret(address, secret));
		return address;
	});
	const fronts = {
		vault: once(async () => startFront(await vault(), { isTls: false })),
		tls: once(async () => startFront(await vault(), { isTls: true })),
		aws: once(async () => startFront(await aws(), { isTls: false })),
	};
	let present = SECRETS;

	async function fill(from: number, to: number): Promise<void> {
		const address = await vault();
		await inTurn(from, to, async (secret) => {
			await askVault(address, "POST", `secret/data/bench/secret_${secret}`, { data: fieldsOf(secret) }, "");
		});
	}

	return {
		async front({ backend, isTls, latencyMs }) {
			if (backend === "vault") await filled();
			const front = await fronts[backend === "aws" ? "aws" : isTls ? "tls" : "vault"]();
			front.setLatency(latencyMs);
			return front;
		},
		async vault(secrets) {
			await filled();
			if (secrets > present) await fill(present, secrets);
			present = Math.max(present, secrets);
			return vault();
		},
	};
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
	let made: Promise<T> | undefined;
	return () => (made ??= make());
}

async function inTurn(from: number, to: number, action: (secret: number) => Promise<void>): Promise<void> {
	for (let first = from; first < to; first += AT_ONCE) {
		const count = Math.min(AT_ONCE, to - first);
		await Promise.all(Array.from({ length: count }, (_, index) => action(first + index)));
	}
}

async function createSecret(address: string, secret: number): Promise<void> {
	const response = await fetch(address, {
		method: "POST",
		headers: {
			"Content-Type": "application/x-amz-json-1.1",
			"X-Amz-Target": "secretsmanager.CreateSecret",
			Authorization:
				"AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/secretsmanager/aws4_request, SignedHeaders=host, Signature=none",
		},
		body: JSON.stringify({
			Name: `dsta/bench/secret_${secret}`,
			ClientRequestToken: crypto.randomUUID(),
			SecretString: JSON.stringify(fieldsOf(secret)),
		}),
	});
	// Its dictionary of secrets may change while another request walks through it.
	if (response.status === 500) return createSecret(address, secret);
	if (!response.ok) throw new Error(`CreateSecret: ${response.status} ${await response.text()}`);
}
