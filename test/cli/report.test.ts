import { describe, expect, it } from "vitest";
import { folderWith, launch } from "../process/launch.ts";

const DOWN = { VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: "t" };
const THREE =
	"exchange/binance/api_key: API_KEY\nexchange/binance/api_secret: API_SECRET\napp/name: APP_NAME\n";

const report = async (map: string, env: NodeJS.ProcessEnv = {}, args: readonly string[] = []) => {
	const { status, stderr } = await launch(folderWith(map), [...args, "--", "true"], env).ended;
	return { status, lines: stderr.trimEnd().split("\n"), stderr };
};

describe("the report of what keeps a command from starting", () => {
	it("has a line for each missing secret, and once why and what to do", async () => {
		const { lines, status } = await report(THREE);
		expect(status).toBe(66);
		expect(lines).toEqual([
			"dsta-run: error: Secret not found: exchange/binance/api_key (for API_KEY) [DSTA_NOT_FOUND]",
			"dsta-run: error: Secret not found: exchange/binance/api_secret (for API_SECRET) [DSTA_NOT_FOUND]",
			"dsta-run: error: Secret not found: app/name (for APP_NAME) [DSTA_NOT_FOUND]",
			"  why: vault is not configured; aws is not configured; env has nothing for them",
			expect.stringMatching(/^ {2}fix: Set API_KEY in the environment or in \.env, configure /),
			"  the others likewise; dsta-run explain shows where each was looked for",
		]);
	});

	it("tells those whose version is pinned apart, which are not to be written", async () => {
		const { lines } = await report("secrets: { app/a: A, app/b: B, app/c: { env: C, version: 9 } }\n");
		expect(lines).toContain(
			"  why: vault is not configured; aws is not configured; env has nothing for them",
		);
		expect(lines).toContainEqual(expect.stringMatching(/ Secret not found: app\/c \(for C\): vault is not /));
	});

	it("says of a single one where it was looked for", async () => {
		const { lines } = await report("exchange/binance/api_key: API_KEY\n");
		expect(lines).toEqual([
			"dsta-run: error: Secret not found: exchange/binance/api_key (for API_KEY): vault is not configured; aws is not configured; env has nothing at API_KEY, EXCHANGE_BINANCE_API_KEY, BINANCE_API_KEY [DSTA_NOT_FOUND]",
			expect.stringMatching(/^ {2}fix: /),
		]);
	});

	it("says once that a backend is down, be it one entry or many, and counts as 75", async () => {
		const { lines, status } = await report(`${THREE}app/mode: { env: MODE, default: d }\n`, DOWN);
		const fix = expect.stringMatching(
			/^ {2}fix: Check the address \(VAULT_ADDR is http:\/\/127\.0\.0\.1:1\)/,
		);
		expect(status).toBe(75);
		expect(lines).toEqual([
			"dsta-run: warn: Vault not available: Connection refused (http://127.0.0.1:1); 4 entries go on to the next backend [DSTA_UNAVAILABLE]",
			fix,
			"dsta-run: warn: the default of MODE stands in for vault, which could not be asked",
			"  fix: Make vault answer, or have it stop the run: --strict.",
			"dsta-run: error: Secret not found: exchange/binance/api_key, exchange/binance/api_secret, app/name (for API_KEY, API_SECRET, APP_NAME) [DSTA_UNAVAILABLE]",
			"  why: Vault not available: Connection refused (http://127.0.0.1:1); aws is not configured; env has nothing for them",
			fix,
		]);
	});

	it("lists no more than fifty of a kind, and says how many more there are", async () => {
		const lines = Array.from({ length: 60 }, (_, index) => `many/secret_${index}/key: MANY_${index}\n`);
		const { lines: shown } = await report(lines.join(""));
		expect(shown.filter((line) => line.includes("Secret not found"))).toHaveLength(50);
		expect(shown).toContain("  … and 10 more of this kind");
	});

	it.each([
		[
			"with a backend behind it",
			[],
			/^dsta-run: error: Secret not found: many\/s0\/k, many\/s1\/k and 498 more \(for/,
		],
		["without", ["--strict"], /^dsta-run: error: Vault not available: Connection refused .* \(for/],
	])("has one line for 500 secrets of a backend that is down, %s", async (_what, args, line) => {
		const map = Array.from({ length: 500 }, (_, index) => `many/s${index}/k: MANY_${index}\n`).join("");
		const { lines, status } = await report(map, DOWN, args);
		expect(status).toBe(75);
		const errors = lines.filter((line) => line.startsWith("dsta-run: error"));
		expect(errors).toEqual([expect.stringMatching(line)]);
		expect(errors[0]).toContain("(for MANY_0, MANY_1 and 498 more) [DSTA_UNAVAILABLE]");
	});

	it("does not speak of a next backend where there is none", async () => {
		const { status, stderr } = await report(THREE, DOWN, ["--backend", "vault"]);
		expect(status).toBe(75);
		expect(stderr).not.toMatch(/warn|next backend/);
		expect(stderr).toContain("why: Vault not available: Connection refused (http://127.0.0.1:1)\n");
	});

	it("says in one line which defaults stand in for a backend that is down", async () => {
		const { stderr, status } = await report(
			"a/b/c: { env: C, default: x }\na/b/d: { env: [D, E], default: y }\n",
			DOWN,
		);
		expect(status).toBe(0);
		expect(stderr).toContain("warn: the defaults of C, D, E stand in for vault, which could not be asked\n");
		const many = Array.from({ length: 500 }, (_, index) => `a/b/k${index}: { env: K${index}, default: x }\n`);
		expect((await report(many.join(""), DOWN)).stderr).toContain("the defaults of K0, K1 and 498 more stand");
	});

	it("has one record for each problem as JSON, with all that is known of it", async () => {
		const { lines } = await report(THREE, DOWN, ["-q", "--log-format", "json"]);
		expect(lines.map((line) => JSON.parse(line))).toEqual(
			["exchange/binance/api_key", "exchange/binance/api_secret", "app/name"].map((path) => ({
				time: expect.any(String),
				level: "error",
				event: "failure",
				message: expect.stringMatching(
					`^Secret not found: ${path} \\(Vault not available: Connection refused`,
				),
				code: "DSTA_UNAVAILABLE",
				path,
				names: [expect.any(String)],
				cure: expect.stringContaining("curl http://127.0.0.1:1/v1/sys/health"),
			})),
		);
	});

	it("names in JSON all variables that a wrong value is for, and who had it", async () => {
		const map = `secrets: { a/b: { env: K, type: int } }\ntemplates: { T: "\${a/b}\${a/c}" }\n`;
		const { lines } = await report(map, { K: "x", A_C: "y" }, ["--log-format", "json"]);
		expect(lines.map((line) => JSON.parse(line))).toMatchObject([
			{ code: "DSTA_INVALID_VALUE", backend: "env", path: "a/b", names: ["K", "T"] },
		]);
		expect((await report(map, { K: "x", A_C: "y" })).lines[0]).toMatch(
			/ The value of a\/b at env for K is not a whole number \(type: int\) \(for T\) /,
		);
	});

	it("says where a map was looked for", async () => {
		const folder = folderWith("{}\n");
		const missing = async (...args: string[]) =>
			(await launch(folder, [...args, "--", "true"]).ended).stderr.split("\n")[0];
		expect(await missing("-m", "no/map.yaml")).toBe(
			`dsta-run: error: The map no/map.yaml does not exist in ${folder} [DSTA_FILE_NOT_FOUND]`,
		);
		expect(await missing("-m", "/no/map.yaml")).toBe(
			"dsta-run: error: The map /no/map.yaml does not exist [DSTA_FILE_NOT_FOUND]",
		);
	});

	it("keeps the lines of a cure of several lines", async () => {
		const { stderr } = await report("{}\n", {}, ["-m", "missing.yaml"]);
		expect(stderr).toMatch(/ {2}fix: .*\n {4}exchange\/binance\/api_key: BINANCE_API_KEY\n/);
	});
});
