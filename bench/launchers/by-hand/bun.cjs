// What node.cjs beside it does, as it is done fastest in an executable of Bun.
const { readFileSync } = require("node:fs");

const [mode, program, ...args] = process.argv.slice(2);
const linesOf = (file, pattern) =>
	[...readFileSync(file, "utf8").matchAll(pattern)].map(([, ...parts]) => parts);
const { VAULT_ADDR, VAULT_TOKEN } = process.env;
const env = { ...process.env };

function execute() {
	const { dlopen, ptr } = require("bun:ffi");
	const types = { args: ["ptr", "ptr", "ptr"], returns: "int" };
	const { symbols } = dlopen("libc.so.6", { execve: types });
	const memory = [];
	const keep = (bytes) => ptr(memory[memory.push(bytes) - 1]);
	const toAddress = (text) => keep(Buffer.from(`${text}\0`));
	const toAddresses = (texts) =>
		keep(BigUint64Array.from([...texts.map((text) => BigInt(toAddress(text))), 0n]));
	const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
	symbols.execve(toAddress(program), toAddresses([program, ...args]), toAddresses(variables));
	throw new Error(`It cannot be executed: ${program}, ${memory.length} texts`);
}

function start() {
	if (mode === "exec") execute();
	const { spawn } = require("node:child_process");
	spawn(program, args, { env, stdio: "inherit" }).on("exit", (status) => process.exit(status ?? 1));
}

async function ask() {
	const lines = linesOf("secrets.map.yaml", /^(.*)\/(.*): (.*)$/gm);
	const secrets = Map.groupBy(lines, ([secret]) => secret);
	const headers = { "X-Vault-Token": VAULT_TOKEN };
	const asked = [...secrets].map(async ([secret, wanted]) => {
		const response = await fetch(`${VAULT_ADDR}/v1/secret/data/${secret}`, { headers });
		const { data } = (await response.json()).data;
		for (const [, key, name] of wanted) env[name] = data[key];
	});
	await Promise.all(asked);
	start();
}

if (VAULT_ADDR === undefined) {
	for (const [name, value] of linesOf(".env", /^(.*?)=(.*)$/gm)) env[name] = value;
	start();
} else ask();
