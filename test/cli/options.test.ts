import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type CommandLine, parseCommandLine } from "../../src/cli/options.ts";
import { DstaError } from "../../src/errors.ts";
import { folderWith, launch } from "../process/launch.ts";

const options = async (args: readonly string[], env: Record<string, string> = {}) =>
	parseCommandLine([...args, "--", "true"], env).options;

async function refusal(args: readonly string[], env: Record<string, string> = {}): Promise<DstaError> {
	try {
		parseCommandLine(args, env);
	} catch (error) {
		if (error instanceof DstaError) return error;
		throw error;
	}
	throw new Error("was accepted");
}

describe("a line with --", () => {
	it("runs what follows, untouched", async () => {
		const { command, name } = parseCommandLine(["-q", "--", "git", "log", "--", "-m", "--help"], {});
		expect({ command, name }).toEqual({ name: "run", command: ["git", "log", "--", "-m", "--help"] });
	});

	it("may say run, and may run a command with the name of a subcommand", async () => {
		expect(parseCommandLine(["run", "-q", "--", "check"], {})).toMatchObject({
			name: "run",
			command: ["check"],
			operands: [],
		} satisfies Partial<CommandLine>);
		expect(parseCommandLine(["--", "check", "--json"], {})).toMatchObject({
			command: ["check", "--json"],
		});
	});
});

describe("a line whose -- is missing or misplaced shows it in the right place", () => {
	it.each([
		[["npm", "start"], "dsta-run -- npm start"],
		[["npm", "run", "build", "--", "--watch"], "dsta-run -- npm run build -- --watch"],
		[["-m", "npm", "npm", "start"], "dsta-run -m npm -- npm start"],
		[["-q", "node", "--version"], "dsta-run -q -- node --version"],
		[["node", "--help"], "dsta-run -- node --help"],
		[["node", "--json=3", "-m"], "dsta-run -- node --json=3 -m"],
		[["node", "--unknown", "it's"], `dsta-run -- node --unknown 'it'\\''s'`],
		[["run", "npm", "start"], "dsta-run run -- npm start"],
		[["run", "npm", "--", "start"], "dsta-run run -- npm -- start"],
		[["check", "--", "x"], "dsta-run -- check"],
	])("%j", async (args, line) => {
		const { code, cure } = await refusal(args);
		expect(code).toBe("DSTA_USAGE");
		expect(cure.endsWith(`: ${line}`)).toBe(true);
	});

	it.each([
		[["chek"], "dsta-run check"],
		[["exlain", "A"], "dsta-run explain"],
		[["puts", "app", "key=sentinel-value"], "dsta-run put"],
	])("but a misspelt subcommand is suggested, without words that may be values: %j", async (args, meant) => {
		const { cure, message } = await refusal(args);
		expect(cure).toContain(`Did you mean ${meant}?`);
		expect(message + cure).not.toContain("sentinel");
	});
});

describe("the words of a subcommand", () => {
	it("are as many as it takes", async () => {
		expect(parseCommandLine(["explain", "A", "b/c", "D"], {}).operands).toEqual(["A", "b/c", "D"]);
		expect(parseCommandLine(["put", "a/b", "c=d", "e"], {}).operands).toEqual(["a/b", "c=d", "e"]);
	});
});

describe("a usage error", () => {
	it.each([
		[["--nonsense", "--", "x"], /^There is no option --nonsense$/],
		[["--bakend", "vault", "--", "x"], /^There is no option --bakend; did you mean --backend\?$/],
		[["-m", "a", "-m", "b", "--", "x"], /^--map is given 2 times$/],
		[["-m", "--", "x"], /^-m needs a value$/],
		[["--map=", "--", "x"], /^--map needs a value and got an empty one$/],
		[["--strict=yes", "--", "x"], /^--strict takes no value$/],
		[["--timeout", "30d", "--", "x"], /which is not a duration over 0 and up to 24d such as /],
		[["--timeout", "soon", "--", "x"], /^--timeout is "soon", which is not a duration/],
		[["--backend", "valut", "--", "x"], /^--backend is "valut", which is not one of vault aws env$/],
		[["--log-level", "loud", "--", "x"], /^--log-level is "loud"/],
		[["--env-file", "a", "--no-env-file", "--", "x"], /contradict each other$/],
		[["check", "--raw"], /^dsta-run check takes no --raw$/],
		[["--json", "--", "x"], /^dsta-run run takes no --json$/],
		[["--strict"], /^There is no command to run$/],
		[["--"], /^There is no command after --$/],
		[["check", "API_KEY"], /^dsta-run check takes no word, and got "API_KEY"$/],
		[["version", "2"], /^dsta-run version takes no word/],
		[["help", "run", "check"], /^dsta-run help takes one word/],
	])("%j", async (args, message) => {
		const error = await refusal(args);
		expect(error.exitStatus).toBe(64);
		expect(error.message).toMatch(message);
		expect(error.cure).not.toBe("");
	});

	it.each([
		["DSTA_TIMEOUT", "soon"],
		["DSTA_STRICT", "maybe"],
		["DSTA_BACKEND", "valut"],
		["DSTA_LOG_LEVEL", "loud"],
		["DSTA_LOG_FORMAT", "xml"],
	])("is 78 where a variable is wrong, which it names: %s=%s", async (name, value) => {
		const error = await refusal(["--", "x"], { [name]: value });
		expect(error).toMatchObject({
			exitStatus: 78,
			message: expect.stringContaining(`${name} is "${value}"`),
		});
	});
});

describe("an option", () => {
	it.each([
		["500ms", 500],
		["30s", 30_000],
		["5m", 300_000],
		["2h", 7_200_000],
		["1d", 86_400_000],
		["1.5", 1500],
	])("may be a duration: %s", async (text, timeoutMs) => {
		expect((await options(["--timeout", text])).timeoutMs).toBe(timeoutMs);
	});

	it.each([
		...["1", "true", "YES", "on"].map((text) => [text, true] as const),
		...["0", "false", "No", "off"].map((text) => [text, false] as const),
	])("may be a boolean variable: %s", async (text, strict) => {
		expect((await options([], { DSTA_STRICT: text })).strict).toBe(strict);
	});

	it("beats its variable; a variable that is empty is none", async () => {
		const env = { DSTA_MAP: "from-env", DSTA_BACKEND: "aws", DSTA_STRICT: "0", DSTA_LOG_LEVEL: "trace" };
		expect(await options([], env)).toMatchObject({
			map: "from-env",
			backend: "aws",
			strict: false,
			logLevel: "trace",
		});
		expect(await options(["-m", "x", "--backend", "env", "--strict", "-q"], env)).toMatchObject({
			map: "x",
			backend: "env",
			strict: true,
			logLevel: "error",
		});
		expect(await options([], { DSTA_MAP: "", DSTA_TIMEOUT: "" })).not.toHaveProperty("map");
	});

	it("may be repeated where that makes sense, and may be written with =", async () => {
		expect(await options(["--pass", "A_*", "--pass=B", "--strip", "C"])).toMatchObject({
			pass: ["A_*", "B"],
			strip: ["C"],
		});
	});

	it("beats its variable, which beats the map, which beats the default", async () => {
		const folder = folderWith(
			"chain: [env]\nenv: { file: map.env }\nsecrets:\n  a/b/c: { env: C, default: default }\n",
		);
		for (const name of ["map", "variable", "option"])
			writeFileSync(join(folder, `${name}.env`), name === "none" ? "" : `C=${name}\n`);
		const value = async (args: readonly string[], env: NodeJS.ProcessEnv) =>
			(await launch(folder, ["get", "a/b/c", "--raw", ...args], env).ended).stdout;
		expect(await value(["--env-file", "option.env"], { DSTA_ENV_FILE: "variable.env" })).toBe("option");
		expect(await value([], { DSTA_ENV_FILE: "variable.env" })).toBe("variable");
		expect(await value([], {})).toBe("map");
		expect(await value(["--no-env-file"], { DSTA_ENV_FILE: "variable.env" })).toBe("default");
		expect(await value(["--no-env-file"], { C: "real" })).toBe("real");
	});

	it("that is wrong is told in JSON where DSTA_LOG_FORMAT says so", async () => {
		const { stderr } = await launch(folderWith("{}\n"), ["--nonsense"], { DSTA_LOG_FORMAT: "json" }).ended;
		expect(JSON.parse(stderr)).toMatchObject({
			level: "error",
			code: "DSTA_USAGE",
			message: expect.any(String),
		});
	});

	it("decides on strictness over the map's own word", async () => {
		const folder = folderWith("strict: true\nsecrets:\n  a/b/c: C\n");
		const env = { C: "x", VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: "t" };
		expect((await launch(folder, ["-q", "check"], env).ended).status).toBe(75);
		expect((await launch(folder, ["-q", "check"], { ...env, DSTA_STRICT: "off" }).ended).status).toBe(0);
		expect(
			(await launch(folder, ["-q", "--strict", "check"], { ...env, DSTA_STRICT: "off" }).ended).status,
		).toBe(75);
	});

	it("names an env file that must exist when a variable names it", async () => {
		const { status, stderr } = await launch(folderWith("a/b/c: C\n"), ["check"], { DSTA_ENV_FILE: "none" })
			.ended;
		expect(status).toBe(66);
		expect(stderr).toContain("The env file none does not exist");
	});
});
