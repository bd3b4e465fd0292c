import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { type RequestOptions, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type FakeVault, startFakeVault } from "../backends/vault/fake-vault.ts";
import { freePort, ROOT_TOKEN } from "./start.ts";

/** A certificate with its key. */
export type Certificate = Pick<RequestOptions, "cert" | "key">;

/** A Vault that speaks TLS, and asks every client for a certificate without demanding one. */
export interface TlsVault extends AsyncDisposable {
	ask(
		method: string,
		path: string,
		body: unknown,
		headers: object,
		certificate?: Certificate,
	): Promise<TlsAnswer>;
}

export interface TlsAnswer {
	readonly status: number;
	readonly body: string;
}

/** Starts OpenBao or Vault in its development mode with a certificate that it makes for itself. */
export async function startTlsVault(program: string): Promise<TlsVault> {
	const port = await freePort(2);
	const home = mkdtempSync(join(tmpdir(), "dsta-run-server-"));
	const args = [
		"server",
		"-dev",
		"-dev-tls",
		`-dev-tls-cert-dir=${home}`,
		`-dev-root-token-id=${ROOT_TOKEN}`,
	];
	const child = spawn(program, [...args, `-dev-listen-address=127.0.0.1:${port}`], {
		env: { ...process.env, HOME: home },
		stdio: "ignore",
	});
	const stop = () => child.kill("SIGKILL");
	process.once("exit", stop);
	const vault: TlsVault = {
		async ask(method, path, body, headers, certificate = {}) {
			const url = `https://127.0.0.1:${port}/v1/${path}`;
			const outgoing = request(url, {
				method,
				headers: { ...headers },
				rejectUnauthorized: false,
				agent: false,
				...certificate,
			});
			outgoing.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body));
			const [answer] = await once(outgoing, "response");
			return { status: answer.statusCode, body: await text(answer) };
		},
		async [Symbol.asyncDispose]() {
			stop();
			if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
		},
	};
	for (let attempt = 0; attempt < 300; attempt++) {
		const answer = await vault.ask("GET", "sys/health", undefined, {}).catch(() => undefined);
		if (answer?.status === 200) return vault;
		await sleep(50);
	}
	stop();
	throw new Error("Vault with TLS did not answer");
}

/** Stands before it with a certificate that clients trust, and speaks to it with a certificate of its own, or none. */
export function startTlsTunnel(vault: TlsVault, certificate?: Certificate): Promise<FakeVault> {
	return startFakeVault(
		async ({ headers, method, text: body, url }) => {
			const { host: _, connection: __, ...passedOn } = headers;
			return vault.ask(method, url.replace("/v1/", ""), body, passedOn, certificate);
		},
		{ certificate: "valid" },
	);
}
