import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { explain as explainCommand } from "../../src/cli/commands/explain.ts";
import { folderWith, launch } from "../process/launch.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";
import { runHere } from "./in-process.ts";

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
		const version = expect.stringMatching(/^version \d+, [\d.]+ (?:s|min) old$/);
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
			"Vault not available: Connection refused (http://127.0.0.1:1); the next is asked (unavailable: the default)",
		]);
		const denied = await explain(["DB_USER"], { ...VAULT, VAULT_TOKEN: "x" });
		expect(denied.status).toBe(77);
		expect(denied.paragraphs[0]?.[1]?.[2]).toMatch(
			/^Permission denied: .*; the run stops \(denied: the default\)$/,
		);
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
					candidates: ["secret/data/explained/db key password"],
					version: expect.stringMatching(/^\d+$/),
					createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
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

	it.each<[string, string, string]>([
		[
			"on: { unavailable: stop }",
			"{ env: A, on: { unavailable: next } }",
			"the next is asked (on.unavailable of the entry)",
		],
		["on: { unavailable: stop }", "A", "the run stops (on.unavailable of the map)"],
		["strict: true", "{ env: A, on: { unavailable: next } }", "the run stops (strict)"],
	])("says by which rule a failure stops a run or does not: %s", async (rule, entry, expected) => {
		const folder = folderWith(`${rule}\nsecrets:\n  a/b: ${entry}\n`);
		const env = { VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: "t", VAULT_MAX_RETRIES: "0" };
		expect((await runHere(explainCommand, ["explain"], { cwd: folder, env })).stdout).toContain(
			`; ${expected} `,
		);
	});

	it("says where was looked before something was found", async () => {
		const { stdout } = await runHere(explainCommand, ["explain"], {
			cwd: folderWith("a/b/c: X\n"),
			env: { A_B_C: "s" },
		});
		expect(stdout).toMatch(/found +A_B_C \(environment\), after X /);
	});

	describe("with --diff", () => {
		const folder = folderWith(
			"explained/db/password: DB_PASSWORD\nsecrets/one: ONE\nsecrets/two: TWO\nsecrets/three: { env: THREE, default: x }\n",
		);
		writeFileSync(join(folder, "a.env"), "ONE=sentinel-1\nTWO=sentinel-2\n");
		writeFileSync(join(folder, "b.env"), "ONE=sentinel-1\nTWO=sentinel-3\nTHREE=x\n");
		writeFileSync(join(folder, "other.yaml"), "secrets/one: ONE\nsecrets/four: FOUR\n");
		const diff = async (...words: readonly string[]) => {
			const env = { ...VAULT, ONE: "sentinel-1", FOUR: "sentinel-4" };
			const ended = await runHere(explainCommand, ["explain", "--diff", ...words], { cwd: folder, env });
			expect(ended.stdout + ended.stderr).not.toMatch(/sentinel|root-token/);
			return {
				...ended,
				rows: ended.stdout
					.trimEnd()
					.split("\n")
					.map((line) => line.trim().split(/ {2,}/)),
			};
		};

		it("compares environments by the names of a map, whichever backend has each", async () => {
			const { rows, status } = await diff("@a.env", "@b.env");
			expect({ rows, status }).toEqual({
				status: 1,
				rows: [
					["NAME", "@a.env", "@b.env"],
					["DB_PASSWORD", "vault", "vault", "same"],
					["ONE", "env", "env", "same"],
					["THREE", "default", "env", "same"],
					["TWO", "env", "env", "differs"],
				],
			});
			expect((await diff("@a.env", "@b.env", "ONE", "THREE")).status).toBe(0);
		});

		it("compares maps, and ends as a run where a side fails", async () => {
			const maps = await diff("other.yaml", "secrets.map.yaml@a.env", "--json");
			expect(maps.status).toBe(1);
			expect(JSON.parse(maps.stdout).names).toEqual([
				{ name: "DB_PASSWORD", a: "-", b: "vault", result: "only-b" },
				{ name: "FOUR", a: "env", b: "-", result: "only-a" },
				{ name: "ONE", a: "env", b: "env", result: "same" },
				{ name: "THREE", a: "-", b: "default", result: "only-b" },
				{ name: "TWO", a: "-", b: "env", result: "only-b" },
			]);
			const failed = await diff("secrets.map.yaml", "@b.env");
			expect(failed.status).toBe(66);
			expect(failed.stderr).toMatch(/^dsta-run: error: secrets\.map\.yaml: Secret not found: secrets\/two/);
			expect(failed.rows).toContainEqual(["TWO", "DSTA_NOT_FOUND", "env", "unknown"]);
			const asked = await diff("secrets.map.yaml", "@b.env", "ONE");
			expect({ status: asked.status, stderr: asked.stderr }).toEqual({ status: 0, stderr: "" });
			expect((await diff("@a.env")).status).toBe(64);
			expect((await diff("@a.env", "@none.env")).status).toBe(66);
		});
	});

	it("is a mistake for a word that the map does not have", async () => {
		const { status, stderr } = await explain(["DB_PASWORD"], VAULT);
		expect(status).toBe(64);
		expect(stderr).toContain('no path and no name "DB_PASWORD"');
	});
});
