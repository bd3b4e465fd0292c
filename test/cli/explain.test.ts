import { beforeAll, describe, expect, it } from "vitest";
import { folderWith, launch } from "../process/launch.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const VAULT = { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN };
const MAP = [
	"explained/db/password: DB_PASSWORD",
	"explained/db/user: [DB_USER, PG_USER]",
	"explained/db/host: { env: DB_HOST, default: localhost }",
	"explained/db/mode: { env: DB_MODE, optional: true, chain: [env, vault] }",
	"explained/db/name: { env: DB_NAME, backend: env, optional: true }",
	"",
].join("\n");

/** The paragraphs of the text, as rows of cells, without times. */
async function explain(args: readonly string[], env: NodeJS.ProcessEnv, map = MAP) {
	const { status, stderr, stdout } = await launch(folderWith(map), ["explain", ...args], env).ended;
	expect(stdout + stderr).not.toMatch(/sentinel|root-token/);
	const paragraphs = stdout
		.replace(/ +[\d.]+ ms$/gm, "")
		.trimEnd()
		.split("\n\n")
		.map((paragraph) => paragraph.split("\n").map((line) => line.trim().split(/ {2,}/)));
	return { paragraphs, status, stdout, stderr };
}

const NO_AWS = ["aws", "not configured", "there is no region, profile or key of AWS, and no aws: in the map"];
const NO_VAULT = ["vault", "not configured", "there is no VAULT_ADDR, BAO_ADDR or vault.address"];

describe.skipIf(ADDRESS === "")("dsta-run explain", () => {
	beforeAll(async () => {
		await askVault(ADDRESS, "POST", "secret/data/explained/db", { data: { password: "sentinel-1" } });
	});

	it("shows of each entry who was asked, what they said, and why others were not", async () => {
		const { paragraphs, status } = await explain([], { ...VAULT, DB_USER: "sentinel-2" });
		const version = expect.stringMatching(/^version \d+$/);
		expect(status).toBe(0);
		expect(paragraphs).toEqual([
			[
				["explained/db/password → DB_PASSWORD"],
				["vault", "found", "secret/data/explained/db", version],
				["aws", "not asked", "vault had it"],
				["env", "not asked", "vault had it"],
			],
			[
				["explained/db/user → DB_USER, PG_USER"],
				["vault", "absent", "secret/data/explained/db key user"],
				NO_AWS,
				["env", "found", "DB_USER (environment)"],
			],
			[
				["explained/db/host → DB_HOST"],
				["vault", "absent", "secret/data/explained/db key host"],
				NO_AWS,
				["env", "absent", "DB_HOST, EXPLAINED_DB_HOST"],
				["default", "used", "the map gives one"],
			],
			[
				["explained/db/mode → DB_MODE"],
				["env", "absent", "DB_MODE, EXPLAINED_DB_MODE"],
				["vault", "absent", "secret/data/explained/db key mode"],
				["aws", "left out", "the entry's chain is env, vault"],
				["-", "left out", "the entry is optional"],
			],
			[
				["explained/db/name → DB_NAME"],
				["env", "absent", "DB_NAME, EXPLAINED_DB_NAME"],
				["vault", "left out", "the entry asks env alone"],
				["aws", "left out", "the entry asks env alone"],
				["-", "left out", "the entry is optional"],
			],
		]);
	});

	it.each([[["DB_PASSWORD"]], [["explained/db/password"]], [["DB_PASSWORD", "explained/db/password"]]])(
		"shows only what is asked for, by name or path: %j",
		async (words) => {
			const { paragraphs } = await explain(words, VAULT);
			expect(paragraphs.map(([head]) => head)).toEqual([["explained/db/password → DB_PASSWORD"]]);
		},
	);

	it("tells a failure in its words, with the status of a run", async () => {
		const down = await explain(["DB_USER"], { VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: "t" });
		expect(down.status).toBe(75);
		expect(down.paragraphs[0]?.[1]).toEqual([
			"vault",
			"failed",
			"Vault not available: Connection refused (http://127.0.0.1:1)",
		]);
		const denied = await explain(["DB_USER"], { ...VAULT, VAULT_TOKEN: "x" });
		expect(denied.status).toBe(77);
		expect(denied.paragraphs[0]?.slice(2)).toEqual([
			["aws", "not asked", "the policy stopped before it"],
			["env", "not asked", "the policy stopped before it"],
		]);
	});

	it("tells who left a backend out: the option or the map", async () => {
		const env = { DB_USER: "x" };
		expect((await explain(["DB_USER", "--backend", "env"], env)).paragraphs[0]?.slice(2)).toEqual([
			["vault", "left out", "--backend or DSTA_BACKEND is env"],
			["aws", "left out", "--backend or DSTA_BACKEND is env"],
		]);
		const map = "chain: [vault, env]\nsecrets:\n  explained/db/user: DB_USER\n";
		expect((await explain([], env, map)).paragraphs[0]?.slice(1)).toEqual([
			NO_VAULT,
			["env", "found", "DB_USER (environment)"],
			["aws", "left out", "the map's chain is vault, env"],
		]);
	});

	it("is JSON with --json", async () => {
		const { stdout } = await explain(["--json", "DB_PASSWORD", "DB_USER"], VAULT);
		const [first, second] = JSON.parse(stdout);
		expect(first).toEqual({
			path: "explained/db/password",
			names: ["DB_PASSWORD"],
			backend: "vault",
			attempts: [
				{
					backend: "vault",
					outcome: "found",
					detail: "secret/data/explained/db",
					version: expect.stringMatching(/^\d+$/),
					durationMs: expect.any(Number),
				},
				{ backend: "aws", outcome: "not asked", detail: "vault had it", durationMs: 0 },
				{ backend: "env", outcome: "not asked", detail: "vault had it", durationMs: 0 },
			],
			errors: [],
		});
		expect(second).toMatchObject({
			path: "explained/db/user",
			errors: [{ code: "DSTA_NOT_FOUND", message: expect.stringMatching(/^Secret not found: /) }],
		});
	});

	it("is a mistake for a word that the map does not have", async () => {
		const { status, stderr } = await explain(["DB_PASWORD"], VAULT);
		expect(status).toBe(64);
		expect(stderr).toContain('no path and no name "DB_PASWORD"');
	});
});
