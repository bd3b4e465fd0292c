import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { KEYS } from "../backends/aws/backend.ts";
import { ask, motoAddress } from "../backends/aws/moto.ts";
import { fileWith } from "../backends/vault/logins.ts";
import { CLI, folderWith, launch } from "../process/launch.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";
import { MARKS } from "./marks.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const DIST = dirname(CLI);

type Package = keyof typeof MARKS;
const PACKAGES = Object.keys(MARKS) as Package[];

const textOf = (chunk: string) => readFileSync(join(DIST, chunk), "utf8");
const packagesIn = (chunks: readonly string[]): Package[] => {
	const texts = chunks.map(textOf);
	return PACKAGES.filter((name) => texts.some((text) => text.includes(MARKS[name])));
};

const VAULT = { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN };
const AWS = { ...KEYS, AWS_ENDPOINT_URL: motoAddress() };
const HERE = { LOADED_SECRET_KEY: "x" };

const MAP = "loaded/secret/key: LOADED_KEY\n";
const forBackend = (name: string) => `loaded/secret/key: { env: LOADED_KEY, backend: ${name} }\n`;
const RUN = ["--", "true"];

/** The parts of Node that cost most to load, by what they are loaded as. */
const COSTLY = [
	...["http", "https", "tls", "crypto", "http2", "zlib", "internal/deps/undici/undici"],
	...["perf_hooks", "internal/util/parse_args/parse_args"],
];

/** The chunks that a run of the executable loads. */
async function chunksLoadedBy(...run: Parameters<typeof filesLoadedBy>): Promise<string[]> {
	const files = await filesLoadedBy(...run);
	expect(files).toContain(CLI);
	return files.filter((file) => dirname(file) === DIST).map((file) => basename(file));
}

/** The files that a run of the executable loads, the modules of Node as `NativeModule NAME`, standard streams as `stream NAME`. */
async function filesLoadedBy(
	args: readonly string[],
	map: string,
	env: NodeJS.ProcessEnv,
): Promise<string[]> {
	const folder = folderWith(map);
	const list = join(folder, "loaded");
	const preload = fileURLToPath(new URL("list-loaded.cjs", import.meta.url));
	const { status, stderr } = await launch(folder, args, {
		...env,
		NODE_OPTIONS: `--require=${preload}`,
		DSTA_TEST_LOADED: list,
	}).ended;
	expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
	return readFileSync(list, "utf8").split("\n");
}

describe.skipIf(ADDRESS === "" || motoAddress() === "")("a run of the executable loads", () => {
	beforeAll(async () => {
		await askVault(ADDRESS, "POST", "secret/data/loaded/secret", { data: { key: "x" } });
		await ask("CreateSecret", { Name: "dsta/loaded/secret", SecretString: '{"key":"x"}' });
	});

	it.each(PACKAGES)("%s from chunks of the build that can be told by their text", (name) => {
		const chunks = readdirSync(DIST).filter((file) => file.endsWith(".cjs"));
		expect(chunks.filter((chunk) => packagesIn([chunk]).includes(name))).toHaveLength(1);
		expect(packagesIn(["cli.cjs"])).toEqual([]);
	});

	it.each<[what: string, args: readonly string[], map: string, env: NodeJS.ProcessEnv, packages: Package[]]>([
		["with the environment alone", RUN, MAP, HERE, ["execa"]],
		["where no entry needs Vault or AWS", RUN, forBackend("env"), { ...VAULT, ...AWS, ...HERE }, ["execa"]],
		[
			"where the map leaves both out",
			RUN,
			`chain: [env]\nsecrets:\n  ${MAP}`,
			{ ...VAULT, ...AWS, ...HERE },
			["execa"],
		],
		["where Vault has it", RUN, MAP, { ...VAULT, ...AWS }, ["execa", "node-vault"]],
		["where AWS has it", RUN, MAP, AWS, ["execa", "the AWS SDK"]],
		["where AWS alone is to have it", RUN, forBackend("aws"), { ...VAULT, ...AWS }, ["execa", "the AWS SDK"]],
		[
			"where Vault has it not",
			RUN,
			MAP,
			{ ...VAULT, ...AWS, VAULT_NAMESPACE: "" },
			["execa", "node-vault", "the AWS SDK"],
		],
		["with a map of nothing", RUN, "{}\n", { ...VAULT, ...AWS }, ["yaml", "execa"]],
		[
			"where a list of the map takes several lines",
			RUN,
			"loaded/secret/key:\n- LOADED_KEY\n",
			HERE,
			["yaml", "execa"],
		],
		["where metrics are served", ["--metrics", "0", ...RUN], MAP, HERE, ["execa", "prom-client"]],
		["for check", ["check"], MAP, HERE, []],
		["for check at Vault", ["check"], MAP, VAULT, ["node-vault"]],
		["for explain", ["explain"], MAP, HERE, []],
		["for get", ["get", "loaded/secret/key"], MAP, HERE, []],
		["for health", ["health"], MAP, HERE, []],
		["for list", ["list", "loaded"], MAP, VAULT, ["node-vault"]],
		["for version", ["--version"], MAP, { ...VAULT, ...AWS }, []],
		["for help", ["--help"], MAP, { ...VAULT, ...AWS }, []],
	])("only what it uses: %s", async (_what, args, map, env, packages) => {
		expect(packagesIn(await chunksLoadedBy(args, map, env))).toEqual(packages);
	});

	it.each<[what: string, map: string, env: NodeJS.ProcessEnv, modules: readonly string[]]>([
		["for the environment", MAP, HERE, []],
		["for a Vault without TLS", MAP, VAULT, ["http"]],
		["for AWS without TLS", MAP, AWS, ["http", "crypto"]],
	])("only the parts of Node that it needs: %s", async (_what, map, env, modules) => {
		const files = await filesLoadedBy(["--strict", ...RUN], map, env);
		expect(COSTLY.filter((name) => files.includes(`NativeModule ${name}`))).toEqual(modules);
		expect(files.filter((file) => file.startsWith("stream "))).toEqual([]);
	});

	it("the code that fills templates only for a map that has some", async () => {
		const isFilling = (chunk: string) => textOf(chunk).includes("which a template cannot hold");
		const map = `secrets:\n  ${MAP}`;
		expect((await chunksLoadedBy(RUN, map, HERE)).filter(isFilling)).toEqual([]);
		const withTemplate = `${map}templates:\n  T: \${loaded/secret/key}\n`;
		expect((await chunksLoadedBy(RUN, withTemplate, HERE)).filter(isFilling)).toHaveLength(1);
	});

	it("the code of a snapshot only for a map that has one, and of its encryption for a run that writes it", async () => {
		const marks = ["and snapshot.max_age is", "aes-256-gcm"];
		const marksIn = async (args: readonly string[], map: string) => {
			const texts = (await chunksLoadedBy(args, map, VAULT)).map(textOf);
			return marks.filter((mark) => texts.some((text) => text.includes(mark)));
		};
		const lines = `secrets:\n  ${MAP}`;
		const withSnapshot = `snapshot: { file: s, key: { command: [echo, ${"5e".repeat(32)}] } }\n${lines}`;
		expect(await marksIn(RUN, lines)).toEqual([]);
		expect(await marksIn(["check"], withSnapshot)).toEqual([marks[0]]);
		expect(await marksIn(RUN, withSnapshot)).toEqual(marks);
	});

	it("the code that logs in to Vault only where no token is given", async () => {
		const isLoggingIn = (chunk: string) => textOf(chunk).includes("is no way to log in to Vault");
		expect((await chunksLoadedBy(RUN, MAP, VAULT)).filter(isLoggingIn)).toEqual([]);
		const env = { VAULT_ADDR: ADDRESS, VAULT_TOKEN_FILE: fileWith(ROOT_TOKEN) };
		expect((await chunksLoadedBy(RUN, MAP, env)).filter(isLoggingIn)).toHaveLength(1);
	});

	it("the code for other engines than KV only where one is asked", async () => {
		const isLending = (chunk: string) =>
			/its longest life is reached|wraps its answer|nobody is left to renew/.test(textOf(chunk));
		expect(readdirSync(DIST).filter((file) => file.endsWith(".cjs") && isLending(file))).toHaveLength(3);
		expect((await chunksLoadedBy(RUN, MAP, VAULT)).filter(isLending)).toEqual([]);
		const map = "secret/data/loaded/secret#/data/key: { env: LOADED_KEY, vault: { engine: raw } }\n";
		expect((await chunksLoadedBy(RUN, map, VAULT)).filter(isLending)).toHaveLength(1);
	});

	it("the code that follows changed secrets only where that is asked for", async () => {
		const isFollowing = (chunk: string) =>
			/is not taken over, the command goes on|soon after its start/.test(textOf(chunk));
		expect((await chunksLoadedBy(RUN, MAP, VAULT)).filter(isFollowing)).toEqual([]);
		expect((await chunksLoadedBy(["--watch", ...RUN], MAP, VAULT)).filter(isFollowing)).not.toEqual([]);
	});

	it("the program, two chunks and the one by which the command starts, where no entry needs a server", async () => {
		const env = { ...VAULT, ...AWS, ...HERE };
		const chunks = await chunksLoadedBy(RUN, forBackend("env"), env);
		const names = chunks.map((chunk) => chunk.replace(/(?:-[\w-]{8})?\.cjs$/, ""));
		expect(names.toSorted()).toEqual(["cli", "main", "rolldown-runtime", "run", "supervise"]);
	});
});
