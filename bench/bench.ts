/*
 * What dsta-run costs: `npm run bench`, or `npm run bench -- 40` for 40 rounds of each case.
 * In every round each build runs the case in each mode, in turn with the plain command; the table shows what comes on top of that.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { compare, type Program, runProgram } from "./measure.ts";

const fileOf = (path: string) => new URL(path, import.meta.url).pathname;
const NPM = [process.execPath, fileOf("../dist/cli.cjs")] as const;
const STANDALONE = [fileOf(`../dist/standalone/dsta-run-linux-${process.arch}`)] as const;
const ROUNDS = Number(process.argv[2] ?? 20);
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

const LOOK = "grep VmRSS /proc/$PPID/status";

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
	const empty = join(folder, "empty.cjs");
	writeFileSync(empty, "");
	console.log(
		`ms over the plain command: median (least) of ${ROUNDS} rounds, and how many times Node on an empty file; the servers take 5 ms for an answer\n`,
	);
	print([
		"",
		"Node, empty",
		"npm, spawn",
		"npm, exec",
		"standalone, spawn",
		"standalone, exec",
		"requests",
		"MiB",
	]);
	for (const { name, secrets, keys, env } of CASES) {
		writeMap(secrets, keys);
		const program = (words: Program["words"]): Program => ({ words, cwd: folder, env });
		const launchers = [NPM, STANDALONE].flatMap((build) =>
			["--spawn", "--exec"].map((mode) => program([...build, mode, "--", "true"])),
		);
		const costs = compare(program(["true"]), [program([process.execPath, empty]), ...launchers], ROUNDS);
		await countRequests();
		const memory = [NPM, STANDALONE].map((build) => memoryOf(program([...build, "--", "sh", "-c", LOOK])));
		const requests = (await countRequests()) / memory.length;
		const cells = costs.map(
			({ leastMs, medianMs, ratio }) => `${medianMs.toFixed(0)} (${leastMs.toFixed(0)}) ${ratio.toFixed(2)}×`,
		);
		print([name, ...cells, String(requests), memory.join(" and ")]);
	}
} finally {
	server.kill();
	rmSync(folder, { recursive: true });
}

/** What the launcher takes while its command runs, in MiB. */
function memoryOf(program: Program): number {
	return Math.round(Number(/\d+/.exec(runProgram(program).stdout)?.[0]) / 1024);
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
	console.log(name.padEnd(38) + cells.map((cell) => cell.padEnd(19)).join(""));
}
