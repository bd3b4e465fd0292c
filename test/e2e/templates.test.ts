import { beforeAll, describe, expect, it } from "vitest";
import { type Ended, folderWith, launch } from "../process/launch.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";
import { startProxy } from "../servers/wire.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const PASSWORD = "s3nt:nel/@${made/db/user}";
const ENCODED = "s3nt%3Anel%2F%40%24%7Bmade%2Fdb%2Fuser%7D";
const URL_LINE =
	"DATABASE_URL: postgresql://${made/db/user|url}:${made/db/password|url}@${made/db/host}/dsta";
const ENTRIES = [
	"made/db/password: { env: [PGPASSWORD, PASSWORD], type: string }",
	"made/db/host: { env: PGHOST, default: localhost }",
	"made/mail/password: { env: MAIL_PASSWORD, optional: true }",
];
const MAP = mapOf(ENTRIES, [URL_LINE]);

function mapOf(entries: readonly string[], templates: readonly string[], settings = ""): string {
	const lines = (all: readonly string[]) => all.map((line) => `  ${line}\n`).join("");
	return `${settings}secrets:${entries.length === 0 ? " {}" : ""}\n${lines(entries)}templates:\n${lines(templates)}`;
}

/** Runs a map to its end; no value is in a message. */
async function run(
	map: string,
	env: NodeJS.ProcessEnv,
	args: readonly string[] = ["--", "env"],
): Promise<Ended> {
	const ended = await launch(folderWith(map), args, env).ended;
	expect(ended.stderr).not.toContain("s3nt");
	if (!args.includes("--")) expect(ended.stdout).not.toContain("s3nt");
	return ended;
}

const HERE = { MADE_DB_USER: "dsta", PGPASSWORD: PASSWORD };

describe("a template", () => {
	it("gives its variable the values of its paths, entries or not, and leaves theirs as they are", async () => {
		const { status, stderr, stdout } = await run(MAP, HERE);
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
		expect(stdout.split("\n")).toEqual(
			expect.arrayContaining([
				`DATABASE_URL=postgresql://dsta:${ENCODED}@localhost/dsta`,
				`PGPASSWORD=${PASSWORD}`,
				`PASSWORD=${PASSWORD}`,
				"PGHOST=localhost",
			]),
		);
		expect(stdout).not.toMatch(/^made\//m);
	});

	it.each([
		["A_B_C", { MADE_DB_USER: "u", DB_USER: "v" }, "u"],
		["B_C", { DB_USER: "u" }, "u"],
		["no variable that is only its last segment", { USER: "u" }, undefined],
		["no variable of its own name", { T: "u" }, undefined],
	])("finds a path that is no entry in the environment: %s", async (_, env, value) => {
		const { status, stdout } = await run(mapOf([], ["T: <${made/db/user}>"]), env);
		expect(status).toBe(value === undefined ? 66 : 0);
		if (value !== undefined) expect(stdout).toMatch(new RegExp(`^T=<${value}>$`, "m"));
	});

	it("counts among the paths of the map: no two that end the same share a variable", async () => {
		const env = { API_KEY: "k", MADE_B_API_KEY: "b", MADE_B_USER: "b" };
		const alone = await run(mapOf(["made/a/api_key: A"], ["T: ${made/b/user}"]), env);
		expect(alone.stdout).toMatch(/^A=k$/m);
		const both = await run(mapOf(["made/a/api_key: A"], ["T: ${made/b/api_key}"]), env);
		expect(both.status).toBe(66);
		expect(both.stderr).toContain("Secret not found: made/a/api_key (for A)");
	});

	it("needs no entries", async () => {
		const { stdout } = await run("templates:\n  T: '${made/db/user|json}$$'\n", HERE);
		expect(stdout).toMatch(/^T="dsta"\$$/m);
	});

	it("is decoded and checked as the entries of its paths say", async () => {
		const line = "made/x/key: { env: X, decode: base64, match: ^s3 }";
		const right = await run(mapOf([line], ["T: <${made/x/key}>"]), { X: "czNudA==" });
		expect(right.stdout).toMatch(/^T=<s3nt>$/m);
		const wrong = await run(mapOf([line], ["T: <${made/x/key}>"]), { X: "eA==" });
		expect(wrong.status).toBe(65);
		expect(wrong.stderr).toContain("The value of made/x/key at env for X does not match ^s3 (for T)");
	});

	it("stays unset, or as it was, where an optional path has no value", async () => {
		const map = mapOf(ENTRIES, ["MAIL_URL: smtp://${made/db/user}:${made/mail/password}@mail"]);
		const { status, stdout } = await run(map, HERE);
		expect(status).toBe(0);
		expect(stdout).not.toContain("MAIL_URL");
		const inherited = await run(map, { ...HERE, MAIL_URL: "smtp://old" });
		expect(inherited.stdout).toMatch(/^MAIL_URL=smtp:\/\/old$/m);
	});

	it("is not started with one value missing, and all that is missing is told once", async () => {
		const { status, stderr, stdout } = await run(MAP, {});
		expect({ status, stdout }).toEqual({ status: 66, stdout: "" });
		const missing = stderr.split("\n").filter((line) => line.includes("Secret not found"));
		expect(missing).toEqual([
			expect.stringContaining("Secret not found: made/db/password (for PGPASSWORD, PASSWORD, DATABASE_URL)"),
			expect.stringContaining("Secret not found: made/db/user (for DATABASE_URL)"),
		]);
	});

	it.each([
		["its value is too long", "T: ${made/x/key}${made/x/key}", "x".repeat(70_000)],
		["a filter made it too long", "T: ${made/x/key|url}", "/".repeat(50_000)],
	])("is not started where %s", async (_, line, value) => {
		const map = mapOf(["made/x/key: X"], [line]);
		const { status, stderr, stdout } = await run(map, { X: value });
		expect({ status, stdout }).toEqual({ status: 65, stdout: "" });
		expect(stderr).toContain("The value of T cannot be a variable: it takes more than the 131071 bytes");
	});

	it("beats a wildcard for its name, and may name what changes how programs are loaded", async () => {
		const map = mapOf(["made/g/*: G_*"], ["G_URL: <${made/g/url}>", "GIT_SSH: ${made/db/user}"]);
		const env = { ...HERE, MADE_G_URL: "s3nt", MADE_G_KEY: "k" };
		expect((await run(map, env, ["check"])).stdout.match(/^G_URL /gm)).toHaveLength(1);
		const { status, stdout } = await run(map, env);
		expect(status).toBe(0);
		expect(stdout).toMatch(/^G_URL=<s3nt>$/m);
		expect(stdout).toMatch(/^G_KEY=k$/m);
		expect(stdout).toMatch(/^GIT_SSH=dsta$/m);
	});

	it("finds a field where the wildcard of its secret finds it", async () => {
		const map = mapOf(["made/db/*: PG_*"], ["T: <${made/db/user}>"]);
		const { stdout } = await run(map, { PG_USER: "u" });
		expect(stdout).toMatch(/^T=<u>$/m);
	});
});

describe("check and explain", () => {
	const rows = (text: string) =>
		text
			.replace(/ +[\d.]+ ms$/gm, "")
			.trimEnd()
			.split("\n")
			.map((line) => line.trim().split(/ {2,}/));

	it("show a template beside the entries, without its value", async () => {
		const map = mapOf(ENTRIES, [URL_LINE, "MAIL_URL: ${made/mail/password}"]);
		const { status, stdout } = await run(map, HERE, ["check"]);
		expect(status).toBe(0);
		expect(rows(stdout).slice(4)).toEqual([
			["MAIL_PASSWORD", "made/mail/password", "-", "absent"],
			["DATABASE_URL", "made/db/user, made/db/password, made/db/host", "env, default", "ok"],
			["MAIL_URL", "made/mail/password", "-", "absent"],
		]);
	});

	it("show it as JSON", async () => {
		const { stdout } = await run(MAP, { MADE_DB_USER: "dsta" }, ["check", "--json"]);
		expect(JSON.parse(stdout).status).toBe(66);
		expect(JSON.parse(stdout).entries.at(-1)).toEqual({
			name: "DATABASE_URL",
			paths: ["made/db/user", "made/db/password", "made/db/host"],
			backends: ["env", "default"],
			status: "DSTA_NOT_FOUND",
			durationMs: expect.any(Number),
		});
	});

	const headings = (text: string) => text.split("\n").filter((line) => line.includes("→"));

	it("show where each path of a template was looked for", async () => {
		const { status, stdout } = await run(MAP, HERE, ["explain", "DATABASE_URL"]);
		expect(status).toBe(0);
		expect(headings(stdout)).toEqual([
			"made/db/user → DATABASE_URL (template)",
			"made/db/password → PGPASSWORD, PASSWORD, DATABASE_URL (template)",
			"made/db/host → PGHOST, DATABASE_URL (template)",
		]);
		expect(stdout).toMatch(/^ {2}env +found +MADE_DB_USER \(environment\)/m);
	});

	it.each([
		[["made/db/user"], ["made/db/user → DATABASE_URL (template)"]],
		[["PGHOST"], ["made/db/host → PGHOST, DATABASE_URL (template)"]],
	])("show one path of it: %s", async (words, expected) => {
		expect(headings((await run(MAP, HERE, ["explain", ...words])).stdout)).toEqual(expected);
	});

	it("show each path once, with the templates that take it", async () => {
		const text = await run(MAP, HERE, ["explain"]);
		expect(headings(text.stdout).map((line) => line.split(" ")[0])).toEqual([
			"made/db/password",
			"made/db/host",
			"made/mail/password",
			"made/db/user",
		]);
		const { stdout } = await run(MAP, HERE, ["explain", "--json", "DATABASE_URL"]);
		expect(JSON.parse(stdout)).toMatchObject([
			{ path: "made/db/user", names: [], templates: ["DATABASE_URL"], backend: "env" },
			{ path: "made/db/password", names: ["PGPASSWORD", "PASSWORD"], templates: ["DATABASE_URL"] },
			{ path: "made/db/host", templates: ["DATABASE_URL"], backend: "default" },
		]);
	});

	it("have the status of a run", async () => {
		expect((await run(MAP, {}, ["explain", "DATABASE_URL"])).status).toBe(66);
		expect((await run(MAP, {}, ["explain", "PGHOST"])).status).toBe(0);
	});
});

describe.skipIf(ADDRESS === "")("a template's paths at Vault", () => {
	beforeAll(async () => {
		const data = { user: "dsta", password: PASSWORD, tls: { port: 5432 } };
		await askVault(ADDRESS, "POST", "secret/data/made/db", { data });
		await askVault(ADDRESS, "POST", "secret/data/made/two", { data: { key: "x", other: "y" } });
	});

	it.each<[string, readonly string[], readonly string[], string, readonly string[]]>([
		["entries", ENTRIES, [URL_LINE], `postgresql://dsta:${ENCODED}@localhost/dsta`, ["db", "mail"]],
		["fields of a wildcard", ["made/two/*: TWO_*"], ["T: ${made/two/key}-${made/two#other}"], "x-y", ["two"]],
		[
			"paths of two templates",
			[],
			["S: ${made/db/user}", "T: ${made/db/user}-${made/two/key}"],
			"dsta-x",
			["db", "two"],
		],
		["parts that are JSON", [], ["T: ${made/db#/tls}:${made/db#/tls/port}"], '{"port":5432}:5432', ["db"]],
	])("are asked for once: %s", async (_, entries, templates, value, secrets) => {
		await using proxy = await startProxy(ADDRESS);
		const env = { VAULT_ADDR: proxy.address, VAULT_TOKEN: ROOT_TOKEN };
		const { status, stdout } = await run(mapOf(entries, templates), env);
		expect(status).toBe(0);
		expect(stdout.split("\n").map((line) => line.replace(/^(?:T|DATABASE_URL)=/, ""))).toContain(value);
		const reads = proxy.asked.filter((line) => line.includes("/secret/data/"));
		expect(reads.sort()).toEqual(secrets.map((secret) => `GET /v1/secret/data/made/${secret}`));
	});

	it.each<[string, string, string, number, string]>([
		["is refused", URL_LINE, "x", 77, "Permission denied"],
		[
			"is an object",
			"T: ${made/db/tls}",
			ROOT_TOKEN,
			65,
			"The value of made/db/tls at vault is a JSON object",
		],
		["is in no backend", "T: ${made/db/none}", ROOT_TOKEN, 66, "Secret not found: made/db/none (for T)"],
	])("keep the command from starting where one %s", async (_, line, token, status, message) => {
		const ended = await run(mapOf([], [line]), { VAULT_ADDR: ADDRESS, VAULT_TOKEN: token });
		expect(ended).toMatchObject({ status, stdout: "" });
		expect(ended.stderr).toContain(message);
		expect(ended.stderr).toMatch(/\(for (?:T|DATABASE_URL)\)/);
	});
});
