/* The main job on a terminal: `npm run demo` with a sample env file, `npm run demo -- --servers` with real servers. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { findServers } from "../../test/servers/install.ts";
import { askVault, ROOT_TOKEN, type Server, startMoto, startVault } from "../../test/servers/start.ts";

const FOLDER = new URL(".", import.meta.url).pathname;
const CLI = new URL("../../dist/cli.cjs", import.meta.url).pathname;
const BASE = { PATH: process.env.PATH, HOME: FOLDER };

const servers: Server[] = [];
try {
	const env = process.argv.includes("--servers")
		? await startServers()
		: { ...BASE, DSTA_ENV_FILE: "sample.env" };
	say("Where each variable comes from:");
	run(["check"], env);
	say("The service, with these variables, until somebody sends SIGTERM:");
	await runService(env);
} finally {
	for (const server of servers) server.stop();
}

function say(text: string): void {
	console.log(`\n# ${text}`);
}

function run(args: readonly string[], env: NodeJS.ProcessEnv, input = ""): void {
	console.log(`$ dsta-run ${args.join(" ")}`);
	const { status } = spawnSync(process.execPath, [CLI, ...args], {
		cwd: FOLDER,
		env,
		input,
		stdio: ["pipe", "inherit", "inherit"],
	});
	if (status !== 0) throw new Error(`dsta-run ${args.join(" ")} ended with ${status}`);
}

async function runService(env: NodeJS.ProcessEnv): Promise<void> {
	const args = ["--", "node", "service.ts"];
	console.log(`$ dsta-run ${args.join(" ")}`);
	const launcher = spawn(process.execPath, [CLI, ...args], {
		cwd: FOLDER,
		env,
		stdio: ["ignore", "pipe", "inherit"],
	});
	const ended = once(launcher, "close");
	await untilReady(launcher);
	console.log(`$ kill -TERM ${launcher.pid}   # dsta-run`);
	launcher.kill("SIGTERM");
	const [status, signal] = await ended;
	console.log(`\n# dsta-run ended as the service did: ${signal ?? `status ${status}`}`);
	if (status !== 0) throw new Error("The service failed");
}

async function untilReady({ stdout }: ChildProcess): Promise<void> {
	const lines = createInterface({ input: stdout as NodeJS.ReadableStream });
	await new Promise<void>((resolve) => {
		lines.on("close", resolve);
		lines.on("line", (line) => {
			console.log(line);
			if (line === "service: ready") resolve();
		});
	});
}

async function startServers(): Promise<NodeJS.ProcessEnv> {
	const { moto, vault } = findServers();
	const vaultServer = await startVault(vault);
	servers.push(vaultServer);
	const motoServer = await startMoto(moto);
	servers.push(motoServer);
	console.log(
		`OpenBao listens at ${vaultServer.address}, moto (a stand-in for AWS) at ${motoServer.address}`,
	);
	const env = {
		...BASE,
		VAULT_ADDR: vaultServer.address,
		VAULT_TOKEN: ROOT_TOKEN,
		AWS_ENDPOINT_URL: motoServer.address,
		AWS_REGION: "us-east-1",
		AWS_ACCESS_KEY_ID: "demo",
		AWS_SECRET_ACCESS_KEY: "demo",
		// The last link of the chain.
		SECRET_KEY: "demo-from-the-environment",
	};
	await askVault(vaultServer.address, "POST", "secret/data/exchange/binance", {
		data: { api_key: "demo-key", api_secret: "demo-secret", testnet: "false" },
	});
	await askVault(vaultServer.address, "POST", "secret/data/exchange/gateio", {
		data: { api_key: "demo-key", api_secret: "demo-secret" },
	});
	await askVault(vaultServer.address, "POST", "secret/data/database/postgres", {
		data: { host: "localhost", port: "5432", user: "dsta", database: "dsta" },
	});
	say("The database's password lies at AWS:");
	run(["put", "database/postgres", "password=-", "--backend", "aws"], env, "demo-password\n");
	return env;
}
