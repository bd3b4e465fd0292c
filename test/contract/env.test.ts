import { execFileSync } from "node:child_process";
import {
	appendFileSync,
	mkdirSync,
	mkdtempSync,
	renameSync,
	rmSync,
	statSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { parseDotenv } from "../../src/backends/env/dotenv.ts";
import { createEnvBackend } from "../../src/backends/env/env.ts";
import { type EnvFile, openEnvFile } from "../../src/backends/env/env-file.ts";
import { parseJson } from "../../src/backends/json.ts";
import { parseSecretPath, toVariable } from "../../src/secret-path.ts";
import type { Context } from "./context.ts";
import { ask, failureOf, type Harness, openBackend, revisionOf } from "./harness.ts";
import { describeBackend } from "./suite.ts";

/** The suite's harness: secrets are variables, named after their paths. */
function harnessOf(contextOf: (variables: ReadonlyMap<string, string>) => Context): Omit<Harness, "form"> {
	const variables = new Map<string, string>();
	const set = (path: string, value: unknown): void => {
		if (value === null) return;
		variables.set(toVariable(path), typeof value === "string" ? value : JSON.stringify(value));
		if (typeof value !== "object" || isRaw(value)) return;
		for (const [key, inner] of Object.entries(value as object)) set(`${path}/${key}`, inner);
	};
	return {
		backend: "env",
		holds: "text",
		context: () => contextOf(variables),
		async store(secret, json) {
			set(secret, parseJson(json));
			return undefined;
		},
		async remove(secret) {
			const name = toVariable(secret);
			for (const key of variables.keys())
				if (key === name || key.startsWith(`${name}_`)) variables.delete(key);
		},
	};
}

const isRaw = (value: object | undefined) => value !== undefined && "rawJSON" in (value as object);

describeBackend({
	...harnessOf((variables) => ({ env: Object.fromEntries(variables) })),
	form: "the process environment",
});

describeBackend({
	...harnessOf((variables) => {
		const folder = mkdtempSync(join(tmpdir(), "dsta-run-env-"));
		const quoted = (value: string) =>
			value
				.replace(/["\\$]/g, "\\$&")
				.replaceAll("\n", "\\n")
				.replaceAll("\r", "\\r")
				.replaceAll("\t", "\\t");
		const lines = [...variables].map(([name, value]) => `${name}="${quoted(value)}"\n`);
		writeFileSync(join(folder, ".env"), lines.join(""));
		return { folder };
	}),
	form: "a .env file",
});

interface Setting {
	readonly env?: Record<string, string>;
	readonly dotenv?: string;
	readonly paths?: readonly string[];
	readonly envFile?: string | false;
}

function backend({ dotenv, env = {}, envFile, paths = [] }: Setting): Backend {
	const cwd = mkdtempSync(join(tmpdir(), "dsta-run-env-"));
	if (dotenv !== undefined) writeFileSync(join(cwd, ".env"), dotenv);
	const context = {
		env,
		cwd,
		home: undefined,
		paths: paths.map(parseSecretPath),
		settings: {},
		envFile: openEnvFile({ named: envFile, cwd }),
		log: () => undefined,
	};
	return createEnvBackend(context);
}

const read = (made: Backend, path: string, ...names: string[]) =>
	made.read({ path: parseSecretPath(path), names }, new AbortController().signal);

describe("the environment backend", () => {
	it.each([
		["the name that the map gives", { API: "1", EXCHANGE_BINANCE_API_KEY: "2" }, ["API"], "1"],
		["the whole path", { EXCHANGE_BINANCE_API_KEY: "2", BINANCE_API_KEY: "3" }, ["API"], "2"],
		["its last two segments", { BINANCE_API_KEY: "3", API_KEY: "4" }, ["API"], "3"],
		["the last one where it is compound", { API_KEY: "4" }, ["API"], "4"],
		["an empty value", { API: "" }, ["API"], ""],
	])("reads %s", async (_, env, names, value) => {
		expect(
			await read(backend({ env: env as Record<string, string> }), "exchange/binance/api_key", ...names),
		).toMatchObject({ value });
	});

	it.each(["user", "host", "port", "path"])("never picks up $%s by accident", async (key) => {
		const env = { USER: "me", HOST: "here", PORT: "1", PATH: "/bin" };
		expect(await read(backend({ env }), `database/postgres/${key}`, "PG")).toBeUndefined();
		expect(await read(backend({ env }), key, "PG")).toBeUndefined();
	});

	it.each(["constructor", "toString", "__proto__"])(
		"takes the name %s for a variable like any other",
		async (name) => {
			expect(await read(backend({}), "x/y/z", name)).toBeUndefined();
			expect(await read(backend({ env: { [name]: "1" } }), "x/y/z", name)).toMatchObject({
				value: "1",
				location: `${name} (environment)`,
			});
			expect(await read(backend({ dotenv: `${name}=2` }), "x/y/z", name)).toMatchObject({
				value: "2",
				location: `${name} (.env)`,
			});
		},
	);

	it("never lets two paths share one last segment", async () => {
		const paths = ["exchange/binance/api_key", "exchange/gateio/api_key"];
		expect(
			await read(backend({ env: { API_KEY: "x" }, paths }), "exchange/binance/api_key", "A"),
		).toBeUndefined();
	});

	it("never gives a path outside the map what a path of the map ends in", async () => {
		const made = backend({ env: { API_KEY: "x" }, paths: ["exchange/binance/api_key"] });
		expect(await read(made, "exchange/gateio/api_key")).toBeUndefined();
		expect(await read(made, "exchange/binance/api_key")).toMatchObject({ value: "x" });
	});

	it("takes for an ARN the names that the map gives, and none that is made of it", async () => {
		const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:dsta/app_key-AbCdEf";
		const made = backend({ env: { DSTA_APP_KEY_ABCDEF: "x", APP_KEY_ABCDEF: "x", API: "1", API_B: "2" } });
		expect(await read(made, arn)).toBeUndefined();
		expect(await read(made, `${arn}#api_key`, "API")).toMatchObject({ value: "1" });
		expect(await read(made, `${arn}/*`, "API_*")).toMatchObject({ value: { b: "2" } });
	});

	it("takes for a wildcard what starts with any of its prefixes, the first that has a key", async () => {
		const env = { GATEIO_API_KEY: "1", EXCHANGE_GATEIO_API_KEY: "2", EXCHANGE_GATEIO_API_SECRET: "3" };
		expect(await read(backend({ env }), "exchange/gateio/*", "GATEIO_*")).toMatchObject({
			value: { api_key: "1", api_secret: "3" },
			location: "GATEIO_* (environment), EXCHANGE_GATEIO_* (environment)",
		});
		expect(await read(backend({ env: { A_B_KEY: "1" } }), "a/b/*", "A_*")).toMatchObject({
			value: { b_key: "1" },
		});
	});

	it.each([
		["user", []],
		["a/*", []],
	])("advises something that can be done where nothing stands for %s", async (path, names) => {
		const request = { path: parseSecretPath(path), names };
		expect(backend({}).advice(request)).not.toContain("undefined");
	});

	it("takes for a wildcard what starts with its prefix, and never the whole environment", async () => {
		const env = { GATEIO_API_KEY: "1", GATEIO_API_SECRET: "2", OTHER: "3" };
		expect(await read(backend({ env }), "exchange/gateio/*", "GATEIO_*")).toMatchObject({
			value: { api_key: "1", api_secret: "2" },
		});
		expect(await read(backend({ env }), "exchange/gateio/*", "*")).toBeUndefined();
	});

	it("reads .env behind the real environment, and none when told so", async () => {
		const dotenv = "A_KEY=file\nB_KEY=file\n";
		expect(await read(backend({ dotenv, env: { A_KEY: "real" } }), "x/y/z", "A_KEY")).toMatchObject({
			value: "real",
		});
		expect(await read(backend({ dotenv }), "x/y/z", "B_KEY")).toMatchObject({ value: "file" });
		expect(await read(backend({ dotenv, envFile: false }), "x/y/z", "B_KEY")).toBeUndefined();
	});

	it("passes over a folder called .env, which nobody named", async () => {
		const folder = mkdtempSync(join(tmpdir(), "dsta-run-env-"));
		mkdirSync(join(folder, ".env"));
		expect(await openEnvFile({ cwd: folder })?.variables()).toEqual(new Map());
		await expect(openEnvFile({ cwd: folder, named: ".env" })?.variables()).rejects.toMatchObject({
			code: "DSTA_CONFIG",
			message: ".env cannot be read: it is a directory",
		});
	});

	it("takes /dev/null for an empty file and no other device for one", async () => {
		expect(await openEnvFile({ cwd: "/", named: "/dev/null" })?.variables()).toEqual(new Map());
		await expect(openEnvFile({ cwd: "/", named: "/dev/zero" })?.variables()).rejects.toMatchObject({
			code: "DSTA_CONFIG",
		});
	});

	it("waits for who writes into a named pipe, and reads it once", async () => {
		const pipe = join(mkdtempSync(join(tmpdir(), "dsta-run-env-")), "pipe");
		execFileSync("mkfifo", [pipe]);
		const envFile = openEnvFile({ cwd: "/", named: pipe });
		const reading = envFile?.variables();
		await writeFile(pipe, "A=1\nB=2\n");
		expect(await reading).toEqual(new Map(Object.entries({ A: "1", B: "2" })));
		expect(await envFile?.variables()).toBe(await reading);
	});

	it("is read again where it has changed, for the next signal, and tells so by its revision", async () => {
		const folder = mkdtempSync(join(tmpdir(), "dsta-run-env-"));
		const file = join(folder, ".env");
		using asked = await openBackend("env", { env: { OWN_KEY: "own" }, folder });
		const look = async () => {
			const { signal } = new AbortController();
			const found = await asked.read(ask("x/own_key/first"), signal);
			return [await revisionOf(asked, "x/own_key/first", signal), found?.value];
		};
		expect(await look()).toEqual([{ kind: "absent" }, undefined]);
		writeFileSync(file, "X_OWN_KEY_FIRST=one\n");
		const one = await look();
		expect(one).toEqual([{ kind: "known", text: expect.any(String) }, "one"]);
		expect(await look()).toEqual(one);
		// As an editor does it, with the times of the old one.
		const { atime, mtime } = statSync(file);
		writeFileSync(`${file}.new`, "X_OWN_KEY_FIRST=two\n");
		utimesSync(`${file}.new`, atime, mtime);
		renameSync(`${file}.new`, file);
		const two = await look();
		expect(two[1]).toBe("two");
		expect(two[0]).not.toEqual(one[0]);
		writeFileSync(file, "sentinel");
		expect(await failureOf(look())).toMatchObject({
			code: "DSTA_CONFIG",
			message: expect.stringMatching(/:1:/),
		});
		rmSync(file);
		expect(await look()).toEqual([{ kind: "absent" }, undefined]);
		mkdirSync(file);
		writeFileSync(join(file, "x"), "");
		expect(await look()).toEqual([{ kind: "absent" }, undefined]);
	});

	it("that was named is missed when it is gone, and taken when it is back", async () => {
		const file = join(mkdtempSync(join(tmpdir(), "dsta-run-env-")), "named");
		writeFileSync(file, "A=1\n");
		const envFile = openEnvFile({ cwd: "/", named: file }) as EnvFile;
		expect((await envFile.variables()).get("A")).toBe("1");
		rmSync(file);
		for (let time = 1; time <= 2; time++)
			expect(await failureOf(envFile.variables())).toMatchObject({
				code: "DSTA_CONFIG",
				message: `${file} cannot be read: it is gone`,
			});
		writeFileSync(file, "A=2\n");
		expect((await envFile.variables()).get("A")).toBe("2");
	});

	it("that is being written is read when it is left alone", async () => {
		const file = join(mkdtempSync(join(tmpdir(), "dsta-run-env-")), "slow");
		writeFileSync(file, "A=1\n");
		const envFile = openEnvFile({ cwd: "/", named: file }) as EnvFile;
		await envFile.variables();
		writeFileSync(file, "A='half ");
		const reading = envFile.variables();
		appendFileSync(file, "and half'\n");
		expect((await reading).get("A")).toBe("half and half");
	});

	it("wants a file that was named to exist", () => {
		expect(() => backend({ envFile: "missing.env" })).toThrow(
			expect.objectContaining({ code: "DSTA_FILE_NOT_FOUND" }),
		);
	});
});

describe("a dotenv file", () => {
	it.each([
		["A=b#c", "b#c"],
		["A=b #c", "b"],
		["A= # nothing", ""],
		["export A='it\\'s $HOME #no' # c", "it's $HOME #no"],
		['A="one\ntwo\\n\\"q\\""', 'one\ntwo\n"q"'],
		["\uFEFFA=bom", "bom"],
		["A=crlf\r\nB=1\r\n", "crlf"],
		["A='-----BEGIN KEY-----\nabc\n-----END KEY-----'", "-----BEGIN KEY-----\nabc\n-----END KEY-----"],
		["A=x=y==", "x=y=="],
		["A=1\nA=2", "2"],
	])("%j gives %j", (text, value) => {
		expect(parseDotenv(text, ".env").get("A")).toBe(value);
	});

	it.each([
		["A", 1],
		["B=1\nA='sentinel", 2],
		['\n\nA="x" sentinel', 3],
		["A: sentinel", 1],
	])("%j is refused with its line and without its content", (text, line) => {
		expect(() => parseDotenv(text, ".env")).toThrow(new RegExp(`^\\.env:${line}: (?!.*sentinel)`));
	});
});
