// What Node takes for no more than what has to be done: a map of plain lines, one request for each secret, the command. It knows
// no error, no signal and no second try.
const { readFileSync } = require("node:fs");

const [mode, program, ...args] = process.argv.slice(2);
const linesOf = (file, pattern) =>
	[...readFileSync(file, "utf8").matchAll(pattern)].map(([, ...parts]) => parts);
const { VAULT_ADDR, VAULT_TOKEN } = process.env;
const env = { ...process.env };

function start() {
	if (mode === "exec") process.execve(program, [program, ...args], env);
	const { spawn } = require("node:child_process");
	spawn(program, args, { env, stdio: "inherit" }).on("exit", (status) => process.exit(status ?? 1));
}

function ask() {
	const { Agent, get } = require("node:http");
	const { hostname, port } = new URL(VAULT_ADDR);
	const agent = new Agent({ keepAlive: true, maxSockets: 32 });
	const lines = linesOf("secrets.map.yaml", /^(.*)\/(.*): (.*)$/gm);
	const secrets = Map.groupBy(lines, ([secret]) => secret);
	let left = secrets.size;
	for (const [secret, wanted] of secrets) {
		const headers = { "X-Vault-Token": VAULT_TOKEN };
		get({ hostname, port, agent, headers, path: `/v1/secret/data/${secret}` }, (response) => {
			let text = "";
			response.setEncoding("utf8").on("data", (piece) => {
				text += piece;
			});
			response.on("end", () => {
				const { data } = JSON.parse(text).data;
				for (const [, key, name] of wanted) env[name] = data[key];
				if (--left === 0) start();
			});
		});
	}
}

if (VAULT_ADDR === undefined) {
	for (const [name, value] of linesOf(".env", /^(.*?)=(.*)$/gm)) env[name] = value;
	start();
} else ask();
