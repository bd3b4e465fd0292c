/* The main job on a terminal: `npm run demo` with a sample env file, `npm run demo -- --servers` with real servers. */
import { spawnSync } from "node:child_process";
import { findServers } from "../../test/servers/install.ts";
import { askVault, ROOT_TOKEN, type Server, startMoto, startVault } from "../../test/servers/start.ts";

const FOLDER = new URL(".", import.meta.url).pathname;
const CLI = new URL("../../dist/cli.cjs", import.meta.url).pathname;
const BASE = { PATH: process.env.PATH, HOME: FOLDER };

const servers: Server[] = [];
try {
	if (process.argv.includes("--servers")) show(await startServers());
	else show({ ...BASE, DSTA_ENV_FILE: "sample.env" });
} finally {
	for (const server of servers) server.stop();
}

function show(env: NodeJS.ProcessEnv): void {
	run(["check"], env);
	run(["--", "node", "service.ts"], env);
}

function run(args: readonly string[], env: NodeJS.ProcessEnv): void {
	console.log(`\n$ dsta-run ${args.join(" ")}`);
	const { status } = spawnSync(process.execPath, [CLI, ...args], { cwd: FOLDER, env, stdio: "inherit" });
	if (status !== 0) throw new Error(`dsta-run ${args.join(" ")} ended with ${status}`);
}

async function startServers(): Promise<NodeJS.ProcessEnv> {
	const { moto, vault } = findServers();
	const vaultServer = await startVault(vault);
	servers.push(vaultServer);
	const motoServer = await startMoto(moto);
	servers.push(motoServer);
	console.log(`OpenBao listens at ${vaultServer.address}, moto at ${motoServer.address}`);
	await askVault(vaultServer.address, "POST", "secret/data/exchange/binance", {
		data: { api_key: "demo-key", api_secret: "demo-secret", testnet: "false" },
	});
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
	// The password lies at AWS.
	spawnSync(process.execPath, [CLI, "put", "database/postgres", "password=-", "-q", "--backend", "aws"], {
		cwd: FOLDER,
		env,
		input: "demo-password\n",
		stdio: ["pipe", "inherit", "inherit"],
	});
	return env;
}
