/*
 * What dsta-run costs: `npm run bench`, or `npm run bench -- 40` for 40 pairs of each.
 * Every case is run in turn with the floor, which is Node on an empty file; a ratio of 2 is twice the floor.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { compare, type Program, runProgram } from "./measure.ts";

const CLI = new URL("../dist/cli.cjs", import.meta.url).pathname;
const PAIRS = Number(process.argv[2] ?? 20);
const BASE = { PATH: process.env.PATH };

const server = spawn(process.execPath, [new URL("slow-server.ts", import.meta.url).pathname]);
const [address] = (await once(createInterface(server.stdout), "line")) as [string];
const VAULT = { ...BASE, VAULT_ADDR: address, VAULT_TOKEN: "bench" };
const AWS = {
	...BASE,
	AWS_ENDPOINT_URL: address,
	AWS_REGION: "us-east-1",
	AWS_ACCESS_KEY_ID: "bench",
	AWS_SECRET_ACCESS_KEY: "bench",
};

interface Case {
	readonly name: string;
	readonly secrets: number;
	readonly keys: number;
	readonly env: NodeJS.ProcessEnv;
}

const CASES: readonly Case[] = [
	{ name: "environment: 10 variables", secrets: 10, keys: 1, env: BASE },
	{ name: "Vault: 10 variables in 5 secrets", secrets: 5, keys: 2, env: VAULT },
	{ name: "Vault: 100 variables in 20 secrets", secrets: 20, keys: 5, env: VAULT },
	{ name: "Vault: 100 variables in 100 secrets", secrets: 100, keys: 1, env: VAULT },
	{ name: "AWS: 100 variables in 100 secrets", secrets: 100, keys: 1, env: AWS },
];

const folder = mkdtempSync(join(tmpdir(), "dsta-run-bench-"));
try {
	writeFileSync(join(folder, "empty.cjs"), "");
	const floor: Program = { args: [join(folder, "empty.cjs")], cwd: folder, env: BASE };
	console.log(`${PAIRS} pairs each; the servers take 5 ms for an answer; Node ${process.versions.node}\n`);
	print(["", "ratio", "over the floor (median, least)", "requests", "memory while the command runs"]);
	for (const { name, secrets, keys, env } of CASES) {
		writeMap(secrets, keys);
		const run = (...command: string[]): Program => ({ args: [CLI, "--", ...command], cwd: folder, env });
		const { ratio, medianMs, leastMs } = compare(run("true"), floor, PAIRS);
		await countRequests();
		const memory = runProgram(run("sh", "-c", "grep VmRSS /proc/$PPID/status")).stdout;
		const requests = await countRequests();
		const mebibytes = Math.round(Number(/\d+/.exec(memory)?.[0]) / 1024);
		print([
			name,
			ratio.toFixed(2),
			`+${medianMs.toFixed(0)} ms, +${leastMs.toFixed(0)} ms`,
			String(requests),
			`${mebibytes} MiB`,
		]);
	}
} finally {
	server.kill();
	rmSync(folder, { recursive: true });
}

function writeMap(secrets: number, keys: number): void {
	const variables = Array.from({ length: secrets * keys }, (_, index) => ({
		path: `bench/secret_${Math.floor(index / keys)}/key_${index % keys}`,
		name: `BENCH_${index}`,
	}));
	writeFileSync(
		join(folder, "secrets.map.yaml"),
		variables.map(({ path, name }) => `${path}: ${name}\n`).join(""),
	);
	writeFileSync(join(folder, ".env"), variables.map(({ name }) => `${name}=value\n`).join(""));
}

async function countRequests(): Promise<number> {
	const response = await fetch(`${address}/requests`);
	return Number(((await response.json()) as { requests: string }).requests);
}

function print([name = "", ...cells]: readonly string[]): void {
	const widths = [7, 32, 10, 0];
	console.log(name.padEnd(38) + cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(""));
}
