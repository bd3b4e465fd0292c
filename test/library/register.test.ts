import { describe, expect, it } from "vitest";
import { secretV2, startFakeVault } from "../backends/vault/fake-vault.ts";
import { launchProgram } from "./launch-program.ts";

const APP = `
import { spawnSync } from "node:child_process";
import { Worker } from "node:worker_threads";
const show = "process.stdout.write(JSON.stringify([process.env.DB_PASSWORD, process.env.VAULT_TOKEN ?? null]))";
process.stdout.write(JSON.stringify([process.env.DB_PASSWORD, process.env.VAULT_TOKEN ?? null]));
await new Promise((resolve) => new Worker(show, { eval: true }).once("exit", resolve));
process.stdout.write(spawnSync(process.execPath, [...process.execArgv, "--eval", show]).stdout);
`;

describe("a program started with --import dsta-run/register", () => {
	it("has its secrets before it begins, and so have its workers and children, which ask nobody again", async () => {
		await using vault = await startFakeVault(() => secretV2({ password: "p" }));
		const env = { VAULT_ADDR: vault.url, VAULT_TOKEN: "t", VAULT_NAMESPACE: "" };
		const { status, stderr, stdout } = await launchProgram(APP, {
			map: "app/db/password: DB_PASSWORD\n",
			env,
		});
		expect(stderr).toBe("");
		expect(stdout).toBe('["p",null]'.repeat(3));
		expect(status).toBe(0);
		expect(vault.calls).toHaveLength(1);
	});

	it.each([
		["a secret is missing", "app/db/password: DB_PASSWORD\n", 66, /Secret not found: app\/db\/password/],
		["the map is wrong", "app/db/password: 1X\n", 78, /secrets\.map\.yaml:1:18: /],
		["the map has files", "app/db/password: { env: X, as: file }\n", 69, /as files/],
	])("does not begin where %s", async (_, map, expected, words) => {
		const { status, stderr, stdout } = await launchProgram("process.stdout.write('begun')", { map, env: {} });
		expect({ status, stdout }).toEqual({ status: expected, stdout: "" });
		expect(stderr).toMatch(words);
		expect(stderr).toMatch(/^ {2}fix: /m);
	});
});
