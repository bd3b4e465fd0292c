import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A server under test. */
export interface Server {
	readonly address: string;
	stop(): void;
}

export const ROOT_TOKEN = "root-token-of-the-tests";

/**
 * Starts OpenBao or Vault in its development mode, perhaps with further arguments: the namespace dsta with KV version 2 at
 * secret/ and version 1 at kv1/.
 */
export async function startVault(program: string, args: readonly string[] = []): Promise<Server> {
	// It takes the next port as well, to talk to a cluster that there is none of.
	const port = await freePort(2);
	const own = [`-dev-root-token-id=${ROOT_TOKEN}`, `-dev-listen-address=127.0.0.1:${port}`];
	const server = await start(program, ["server", "-dev", ...own, ...args], { port, path: "/v1/sys/health" });
	await askVault(server.address, "POST", "sys/namespaces/dsta", {}, "");
	await askVault(server.address, "POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
	await askVault(server.address, "POST", "sys/mounts/kv1", { type: "kv", options: { version: "1" } });
	return server;
}

/** Starts moto, put right where it would let a test pass or fail that AWS would not: see moto/sitecustomize.py. */
export async function startMoto(program: string): Promise<Server> {
	const port = await freePort();
	const env = { PYTHONPATH: new URL("moto", import.meta.url).pathname, PYTHONDONTWRITEBYTECODE: "1" };
	return start(program, ["-H", "127.0.0.1", "-p", String(port)], { port, path: "/moto-api/", env });
}

/** Asks Vault's API as root, in the namespace dsta unless said. */
export async function askVault(
	address: string,
	method: string,
	path: string,
	body?: object,
	namespace = "dsta",
	headers: Readonly<Record<string, string>> = {},
): Promise<Record<string, unknown>> {
	const text = await askVaultText(address, {
		method,
		path,
		namespace,
		headers,
		...(body === undefined ? {} : { body: JSON.stringify(body) }),
	});
	return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}

export interface VaultQuestion {
	readonly method: string;
	readonly path: string;
	/** JSON text, sent as it is. */
	readonly body?: string;
	readonly namespace?: string;
	/** More than those that every question has. */
	readonly headers?: Readonly<Record<string, string>>;
}

// What OpenBao answers, by its status, where it would do the same a moment later: a mount that has just been made is not ready at
// once, and of two who write to the same place at the same time one is turned away.
const PASSING: Readonly<Record<number, string>> = {
	400: "Upgrading from non-versioned",
	500: "transaction commit failed",
};

/** Asks as `askVault` does and gives the answer to the letter. */
export async function askVaultText(address: string, question: VaultQuestion): Promise<string> {
	const { body, headers = {}, method, namespace = "dsta", path } = question;
	const response = await fetch(`${address}/v1/${path}`, {
		method,
		headers: {
			"X-Vault-Token": ROOT_TOKEN,
			...(namespace === "" ? {} : { "X-Vault-Namespace": namespace }),
			...headers,
		},
		...(body === undefined ? {} : { body }),
	});
	const text = await response.text();
	const passing = PASSING[response.status];
	if (passing !== undefined && text.includes(passing)) {
		await sleep(50);
		return askVaultText(address, question);
	}
	if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status} ${text}`);
	return text;
}

interface StartOptions {
	readonly port: number;
	/** What answers once it is ready. */
	readonly path: string;
	readonly env?: NodeJS.ProcessEnv;
}

async function start(
	program: string,
	args: readonly string[],
	{ env = {}, path, port }: StartOptions,
): Promise<Server> {
	const home = mkdtempSync(join(tmpdir(), "dsta-run-server-"));
	const child = spawn(program, args, {
		env: { ...process.env, ...env, HOME: home },
		stdio: ["ignore", "pipe", "pipe"],
	});
	let output = "";
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
	const stop = () => {
		child.kill("SIGKILL");
		rmSync(home, { recursive: true, force: true, maxRetries: 3 });
	};
	process.once("exit", stop);
	const address = `http://127.0.0.1:${port}`;
	await untilReady(child, `${address}${path}`, () => output);
	return { address, stop };
}

async function untilReady(child: ChildProcess, url: string, output: () => string): Promise<void> {
	for (let attempt = 0; attempt < 600; attempt++) {
		if (child.exitCode !== null) break;
		if (
			await fetch(url).then(
				({ ok }) => ok,
				() => false,
			)
		)
			return;
		await sleep(100);
	}
	child.kill("SIGKILL");
	throw new Error(`${url} did not answer:\n${output()}`);
}

/** A port that nobody listens on, and as many after it as are asked for. */
export async function freePort(count = 1): Promise<number> {
	for (;;) {
		const first = await probe(0);
		const rest = Array.from({ length: count - 1 }, (_, index) => (first ?? 0) + index + 1);
		const isFree = await Promise.all(rest.map(async (port) => (await probe(port)) !== undefined));
		if (first !== undefined && isFree.every(Boolean)) return first;
	}
}

/** Listens on a port for a moment, 0 being any; `undefined` where somebody else does. */
function probe(port: number): Promise<number | undefined> {
	return new Promise((resolve) => {
		const server = createServer();
		server.once("error", () => resolve(undefined));
		server.listen(port, "127.0.0.1", () => {
			const address = server.address();
			server.close(() => resolve(typeof address === "object" && address !== null ? address.port : undefined));
		});
	});
}
