import { get, type IncomingMessage } from "node:http";
import type { Health } from "../library/health.ts";
import { type ListenAddress, showListenAddress } from "../listen-address.ts";
import type { ReadinessRecord } from "../observe/endpoints.ts";

/** What every address of this machine is called by whoever listens, and where he is asked. */
const EVERYWHERE: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** Why there is no answer where nobody can be listening. */
const NOBODY: readonly string[] = ["ECONNREFUSED", "ENOENT", "ENOTDIR"];

const MAX_BYTES = 100_000;

/** Asks the launcher that serves its metrics at an address whether it is ready; `undefined` where nobody listens. */
export async function askLauncher(address: ListenAddress, timeoutMs: number): Promise<Health | undefined> {
	const unwell = (error: string): Health => ({ status: "unhealthy", backend: "dsta-run", error });
	try {
		return healthOf(await ask(address, timeoutMs)) ?? unwell(`${showListenAddress(address)} is no dsta-run`);
	} catch (error) {
		if (NOBODY.includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
		return unwell(`${showListenAddress(address)} gives no answer`);
	}
}

function ask(address: ListenAddress, timeoutMs: number): Promise<string> {
	const place =
		address.kind === "unix"
			? { socketPath: address.path }
			: { host: EVERYWHERE[address.host] ?? address.host, port: address.port };
	return new Promise((resolve, reject) => {
		const request = get({ ...place, path: "/readyz", signal: AbortSignal.timeout(timeoutMs) }, (response) => {
			read(response).then(resolve, reject);
		});
		request.on("error", reject);
	});
}

async function read(response: IncomingMessage): Promise<string> {
	let text = "";
	for await (const chunk of response.setEncoding("utf8")) {
		text += chunk;
		if (text.length > MAX_BYTES) break;
	}
	return text;
}

function healthOf(text: string): Health | undefined {
	const record = parse(text);
	if (typeof record?.ready !== "boolean" || !Array.isArray(record.backends) || !Array.isArray(record.reasons))
		return undefined;
	const backend = record.backends.join(", ") || "dsta-run";
	if (record.ready) return { status: "healthy", backend };
	const reasons = record.reasons.map(({ path, reason }) =>
		path === undefined ? reason : `${path}: ${reason}`,
	);
	return { status: "unhealthy", backend, error: reasons.join("; ") };
}

function parse(text: string): ReadinessRecord | undefined {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
