import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { folderWith, launch } from "../process/launch.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const SENTINEL = "sentinel-of-vault-0815";
const FROM_ENV = "sentinel-of-env-0816";

const VAULT = {
	"has it": { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN },
	"has it not": { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN, VAULT_NAMESPACE: "" },
	"is down": { VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: ROOT_TOKEN },
	"refuses the token": { VAULT_ADDR: ADDRESS, VAULT_TOKEN: "sentinel-token" },
	"has no such namespace": { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN, VAULT_NAMESPACE: "none" },
	"is not configured": {},
} as const;

const MAP = "chained/secret/key: CHAINED_KEY\n";
const full = (settings: string, entry = "CHAINED_KEY") =>
	`${settings}\nsecrets:\n  chained/secret/key: ${entry}\n`;

describe.skipIf(ADDRESS === "")("the chain", () => {
	beforeAll(async () => {
		await askVault(ADDRESS, "POST", "secret/data/chained/secret", { data: { key: SENTINEL } });
	});

	it.each<[keyof typeof VAULT, string, boolean, number, string]>([
		["has it", MAP, true, 0, SENTINEL],
		["has it not", MAP, true, 0, FROM_ENV],
		["has it not", MAP, false, 66, ""],
		["is down", MAP, true, 0, FROM_ENV],
		["is down", MAP, false, 75, ""],
		["is down", full("strict: true"), true, 75, ""],
		["is down", full("on: { unavailable: stop }"), true, 75, ""],
		["is down", MAP.replace("CHAINED_KEY", "{ env: CHAINED_KEY, default: d }"), false, 0, "d"],
		["is down", MAP.replace("CHAINED_KEY", "{ env: CHAINED_KEY, optional: true }"), false, 0, ""],
		["refuses the token", MAP, true, 77, ""],
		["refuses the token", full("on: { denied: next }"), true, 0, FROM_ENV],
		["refuses the token", MAP.replace("CHAINED_KEY", "{ env: CHAINED_KEY, optional: true }"), true, 77, ""],
		["has no such namespace", MAP, true, 78, ""],
		["has no such namespace", full("on: { unavailable: next, denied: next }"), true, 78, ""],
		["is not configured", MAP, true, 0, FROM_ENV],
		["is not configured", MAP, false, 66, ""],
		["is not configured", full("", "{ env: CHAINED_KEY, backend: vault }"), true, 78, ""],
		["has it", full("chain: [env, vault]"), true, 0, FROM_ENV],
		["has it", full("", "{ env: CHAINED_KEY, chain: [env, vault] }"), false, 0, SENTINEL],
		["has it", full("", "{ env: CHAINED_KEY, type: port }"), false, 65, ""],
	])("where Vault %s: %j, in the environment %s: status %i", async (vault, map, inEnv, status, value) => {
		const env = {
			...VAULT[vault],
			...(inEnv ? { CHAINED_SECRET_KEY: FROM_ENV } : {}),
			NODE_DEBUG: "*",
			DEBUG: "*",
		};
		const args = [
			"--log-level",
			"trace",
			"--",
			process.execPath,
			"-e",
			"process.stdout.write('started ' + (process.env.CHAINED_KEY ?? ''))",
		];
		const ended = await launch(folderWith(map), args, { ...env, NODE_DEBUG: "http,net" }).ended;
		expect(ended.status).toBe(status);
		if (status === 0) expect(ended.stdout).toBe(`started ${value}`);
		else expect(ended.stdout).toBe("");
		expect(ended.stderr).not.toMatch(/sentinel|root-token/);
	});

	it("never shows a value in check and explain", async () => {
		for (const command of ["check", "explain"]) {
			const { stdout, stderr, status } = await launch(
				folderWith(MAP),
				[command, "--json", "--log-level", "trace"],
				{
					...VAULT["has it"],
					NODE_DEBUG: "*",
				},
			).ended;
			expect(status).toBe(0);
			expect(stdout).toContain('"vault"');
			expect(stdout + stderr).not.toMatch(/sentinel|root-token/);
		}
	});
});

describe("a value that no variable can hold", () => {
	it.each([["check"], ["explain"]])("gives %s the status of a run", async (command) => {
		const folder = folderWith("app/big: BIG\n");
		writeFileSync(join(folder, ".env"), `BIG=${"x".repeat(131_072)}\n`);
		const ended = await launch(folder, [command]).ended;
		expect(ended.status).toBe(65);
		expect(ended.stderr).toContain("BIG");
		expect(ended.stdout + ended.stderr).not.toContain("xxxx");
	});
});

describe("a mistake on the command line or in the map", () => {
	it.each([
		[["npm", "start"], 64, "dsta-run -- npm start"],
		[["--nonsense", "--", "true"], 64, "There is no option --nonsense"],
		[["--timeout", "soon", "--", "true"], 64, "--timeout"],
		[["-m", "missing.yaml", "--", "true"], 66, "missing.yaml"],
		[["check", "--", "x"], 64, "dsta-run -- check"],
	])("%j ends with %i and words", async (args, status, words) => {
		const ended = await launch(folderWith("{}\n"), args).ended;
		expect(ended.status).toBe(status);
		expect(ended.stderr).toContain(words);
		expect(ended.stderr).toMatch(/\n {2}fix: /);
	});

	it("in the map is shown with its place, before any backend is asked", async () => {
		const ended = await launch(folderWith("a/b/c: 1BAD\nd/e/f: 2BAD\n"), ["--", "true"]).ended;
		expect(ended.status).toBe(78);
		expect(ended.stderr).toMatch(/secrets\.map\.yaml:1:8: .*\n.*secrets\.map\.yaml:2:8: /);
	});
});
