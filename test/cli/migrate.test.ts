import {
	appendFileSync,
	chmodSync,
	linkSync,
	lstatSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { migrate } from "../../src/cli/commands/migrate.ts";
import { ask } from "../backends/aws/moto.ts";
import { launch, launchSync } from "../process/launch.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";
import { startProxy } from "../servers/wire.ts";
import { runHere } from "./in-process.ts";
import { launchOnTerminal } from "./terminal.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const MOTO = process.env.DSTA_TEST_MOTO ?? "";
/** Of this file alone, since without a map the paths are not ours to choose. */
const NAMESPACE = "migrate";
const VAULT = { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN, VAULT_NAMESPACE: NAMESPACE };
const AWS = {
	AWS_REGION: "us-east-1",
	AWS_ENDPOINT_URL: MOTO,
	AWS_ACCESS_KEY_ID: "id",
	AWS_SECRET_ACCESS_KEY: "key",
};
const SENTINEL = "sentinel-migrate-1414";

/** A folder with a .env, and a map if there is to be one. */
function folderWith(dotenv: string, map?: string): string {
	const folder = mkdtempSync(join(tmpdir(), "dsta-run-migrate-"));
	writeFileSync(join(folder, ".env"), dotenv);
	if (map !== undefined) writeFileSync(join(folder, "secrets.map.yaml"), map);
	return folder;
}

function launchMigrate(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = VAULT) {
	const { status, stderr, stdout } = launchSync(["migrate", ...args], {
		cwd: folder,
		env: { PATH: process.env.PATH, HOME: folder, ...env },
	});
	expect(stdout + stderr).not.toMatch(/sentinel|root-token/);
	return { status, stderr, stdout, rows: rowsOf(stdout) };
}

/** The lines of the table, each a path, an action and a result. */
function rowsOf(output: string): Readonly<Record<string, string>> {
	const rows = output.split("\n").map((line) => line.split(/ {2,}/));
	return Object.fromEntries(
		rows
			.filter(([name, path]) => /^\w+$/.test(name ?? "") && path?.includes("/"))
			.map(([name, path, , ...rest]) => [name, [path, ...rest].join(" ")]),
	);
}

const askHere = (method: string, path: string, body?: object) =>
	askVault(ADDRESS, method, path, body, NAMESPACE);

async function stored(secret: string): Promise<{ data: unknown; version: unknown }> {
	const answer = await askHere("GET", `secret/data/${secret}`);
	const { data, metadata } = answer.data as { data: unknown; metadata: { version: unknown } };
	return { data, version: metadata.version };
}

const store = (secret: string, data: object) => askHere("POST", `secret/data/${secret}`, { data });
const read = (folder: string, file = ".env") => readFileSync(join(folder, file), "utf8");

describe.skipIf(ADDRESS === "")("dsta-run migrate --to vault", () => {
	beforeAll(async () => {
		await askVault(ADDRESS, "POST", `sys/namespaces/${NAMESPACE}`, {}, "");
		await askHere("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
	});

	it("moves variables to the paths of the map, keeps what else is there, and a run has them all from there", async () => {
		const dotenv = [
			`MULTI="${SENTINEL}\n\\"quoted\\" 'second' \\$HOME"`,
			"EMPTY=",
			`export TWICE=first-${SENTINEL}`,
			`TWICE='${SENTINEL} # last'`,
			`GATE_API_KEY=${SENTINEL}`,
			`GATE_Mixed=${SENTINEL}`,
			`UNNAMED=${SENTINEL}`,
			`COMPOSED=${SENTINEL}`,
			`FROM_PATH_USER=${SENTINEL}`,
			`KEY_FILE=/run/${SENTINEL}`,
		].join("\n");
		const map = `secrets:
  map/one/multi: MULTI
  map/one#empty: EMPTY
  map/two/key: [TWICE, OTHER]
  map/gate/*: GATE_*
  map/tls#key: { env: KEY_FILE, as: file, optional: true }
templates:
  COMPOSED: user \${from/path/user}
`;
		const folder = folderWith(dotenv, map);
		await store("map/one", { kept: "kept", number: 5432 });
		const { rows, status, stderr, stdout } = launchMigrate(folder, ["--to", "vault", "--yes"]);
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
		expect(rows).toEqual({
			MULTI: "map/one/multi add field verified",
			EMPTY: "map/one#empty add field verified",
			TWICE: "map/two/key create verified",
			FROM_PATH_USER: "from/path/user create verified",
			GATE_API_KEY: "map/gate#api_key create verified",
		});
		expect(stdout).toContain("left where they are:\n");
		expect(stdout).toContain("  GATE_Mixed would come back as GATE_MIXED by GATE_*\n");
		expect(stdout).toContain("  UNNAMED is in no line of the map\n");
		expect(stdout).toContain("  COMPOSED is made of other secrets by the map (templates)\n");
		expect(stdout).toContain("  KEY_FILE holds the path of a file, ");
		const multi = `${SENTINEL}\n"quoted" 'second' $HOME`;
		// Both fields in one write.
		expect(await stored("map/one")).toEqual({
			data: { kept: "kept", number: 5432, multi, empty: "" },
			version: 2,
		});
		expect(await stored("map/two")).toEqual({ data: { key: `${SENTINEL} # last` }, version: 1 });
		expect(read(folder)).toBe(dotenv);

		const again = launchMigrate(folder, ["--to", "vault"]);
		expect(again).toMatchObject({ status: 0, stderr: "", rows: { MULTI: "map/one/multi same already" } });
		expect((await stored("map/one")).version).toBe(2);

		writeFileSync(join(folder, ".env"), "");
		const shown = launchSync(
			["--", "sh", "-c", 'printf "%s|" "$MULTI" "$EMPTY" "$TWICE" "$GATE_API_KEY" "$COMPOSED"'],
			{
				cwd: folder,
				env: { PATH: process.env.PATH, HOME: folder, ...VAULT },
			},
		);
		expect(shown.stdout).toBe(`${multi}||${SENTINEL} # last|${SENTINEL}|user ${SENTINEL}|`);
	});

	it("moves them to the recommended paths without a map, and takes them out of the file when all is at its place", async () => {
		const file = [
			"\uFEFF# Exchange",
			`KRAKEN_API_KEY=${SENTINEL}`,
			`export KRAKEN_API_SECRET = "${SENTINEL}`,
			`second line"  # why`,
			"",
			"NODE_ENV=production",
			`# KRAKEN_API_KEY=old`,
			`KRAKEN_API_KEY=${SENTINEL}-last`,
			`TOKEN=${SENTINEL}`,
		].join("\r\n");
		const folder = folderWith(file);
		chmodSync(join(folder, ".env"), 0o640);
		symlinkSync(".env", join(folder, "link"));
		const { rows, status, stdout } = launchMigrate(folder, [
			"--from",
			"link",
			"--to",
			"vault",
			"--yes",
			"--remove-source",
		]);
		expect({ status, rows }).toEqual({
			status: 0,
			rows: {
				KRAKEN_API_KEY: "exchange/kraken/api_key create verified",
				KRAKEN_API_SECRET: "exchange/kraken/api_secret create verified",
			},
		});
		expect(stdout).toContain("taken out of link, of which no copy was kept");
		expect(await stored("exchange/kraken")).toEqual({
			data: { api_key: `${SENTINEL}-last`, api_secret: `${SENTINEL}\nsecond line` },
			version: 1,
		});
		expect(read(folder)).toBe(
			`\uFEFF# Exchange\r\n\r\nNODE_ENV=production\r\n# KRAKEN_API_KEY=old\r\nTOKEN=${SENTINEL}`,
		);
		expect(statSync(join(folder, ".env")).mode & 0o777).toBe(0o640);
		expect(lstatSync(join(folder, "link")).isSymbolicLink()).toBe(true);
		expect(readdirSync(folder).sort()).toEqual([".env", "link"]);
	});

	it("only shows what it would do with --dry-run, and writes nothing where nobody can be asked", async () => {
		const folder = folderWith(`DRY_KEY=${SENTINEL}\n`, "dry/run/key: DRY_KEY\n");
		const dry = launchMigrate(folder, ["--to", "vault", "--dry-run", "--json"]);
		expect(JSON.parse(dry.stdout)).toEqual({
			status: 0,
			from: ".env",
			to: { backend: "vault", at: ADDRESS },
			variables: [
				{ name: "DRY_KEY", path: "dry/run/key", location: "secret/data/dry/run key key", action: "create" },
			],
		});
		const asked = launchMigrate(folder, ["--to", "vault"]);
		expect(asked).toMatchObject({
			status: 64,
			stdout: "",
			stderr: expect.stringContaining("Add --yes to write 1 value to 1 secret at"),
		});
		expect(rowsOf(asked.stderr)).toEqual({ DRY_KEY: "dry/run/key create" });
		await expect(stored("dry/run")).rejects.toThrow("404");
	});

	it("never overwrites a different value without --force, and takes nothing out of the file then", async () => {
		const dotenv = `DIFFERS=${SENTINEL}\nSAME=5432\nNEW=${SENTINEL}\n`;
		const folder = folderWith(dotenv, "differ/a/key: DIFFERS\ndiffer/a/port: SAME\ndiffer/b/key: NEW\n");
		await store("differ/a", { key: `other-${SENTINEL}`, port: 5432 });
		const careful = launchMigrate(folder, ["--to", "vault", "--yes", "--remove-source"]);
		expect(careful).toMatchObject({
			status: 65,
			rows: {
				DIFFERS: "differ/a/key differs: needs --force -",
				SAME: "differ/a/port same already verified",
				NEW: "differ/b/key create verified",
			},
			stdout: expect.stringContaining("not all is at its place, so nothing was taken out of .env"),
		});
		expect(read(folder)).toBe(dotenv);
		expect((await stored("differ/a")).version).toBe(1);
		const forced = launchMigrate(folder, ["--to", "vault", "--yes", "--force", "--remove-source"]);
		expect(forced).toMatchObject({ status: 0, rows: { DIFFERS: "differ/a/key overwrite verified" } });
		expect((await stored("differ/a")).data).toEqual({ key: SENTINEL, port: 5432 });
		expect(read(folder)).toBe("");
	});

	it("keeps what it could write where another write is refused, says which is which, and goes on from there", async () => {
		const folder = folderWith(
			`A=${SENTINEL}\nB=${SENTINEL}\nC=${SENTINEL}\n`,
			"part/a/k: A\npart/b/k: B\npart/c/k: C\n",
		);
		const policy =
			'path "secret/data/part/*" { capabilities = ["create", "read", "update"] } path "secret/data/part/b" { capabilities = ["read"] }';
		await askHere("POST", "sys/policies/acl/part", { policy });
		const { auth } = await askHere("POST", "auth/token/create", { policies: ["part"] });
		const { client_token: token } = auth as { client_token: string };
		const args = ["--to", "vault", "--yes", "--remove-source"];
		const partly = launchMigrate(folder, args, { ...VAULT, VAULT_TOKEN: token });
		expect(partly).toMatchObject({
			status: 77,
			rows: { A: "part/a/k create verified", B: "part/b/k create failed", C: "part/c/k create verified" },
		});
		expect(partly.stderr).toMatch(/error: Permission denied: .*secret\/data\/part\/b/);
		expect(read(folder)).toContain(`A=${SENTINEL}`);
		expect(launchMigrate(folder, args)).toMatchObject({
			status: 0,
			rows: { A: "part/a/k same already verified", B: "part/b/k create verified" },
		});
		expect(read(folder)).toBe("");
	});

	it("writes nothing at all where it may not look first", async () => {
		const { auth } = await askHere("POST", "auth/token/create", { policies: ["default"] });
		const { client_token: token } = auth as { client_token: string };
		const folder = folderWith(`A=${SENTINEL}\n`, "blind/a/k: A\n");
		const ended = launchMigrate(folder, ["--to", "vault", "--yes"], { ...VAULT, VAULT_TOKEN: token });
		expect(ended).toMatchObject({ status: 77, stdout: "" });
	});

	it("does not overwrite what somebody else writes between the look and the write", async () => {
		const folder = folderWith(`A=${SENTINEL}\n`, "race/a/k: A\n");
		await using proxy = await startProxy(ADDRESS, {
			"POST /v1/secret/data/race/a": () => store("race/a", { k: "theirs" }),
		});
		const env = { ...VAULT, VAULT_ADDR: proxy.address };
		const { status, stderr } = await launch(folder, ["migrate", "--to", "vault", "--yes"], env).ended;
		expect(status).toBe(75);
		expect(stderr).toContain("race/a has had another value for k since it was looked at");
		expect(await stored("race/a")).toEqual({ data: { k: "theirs" }, version: 1 });
	});

	it("takes nothing out of a file that has changed meanwhile", async () => {
		const folder = folderWith(`A=${SENTINEL}\n`, "changed/a/k: A\n");
		await using proxy = await startProxy(ADDRESS, {
			"POST /v1/secret/data/changed/a": async () => appendFileSync(join(folder, ".env"), "NEW=1\n"),
		});
		const env = { ...VAULT, VAULT_ADDR: proxy.address };
		const { status, stderr } = await launch(
			folder,
			["migrate", "--to", "vault", "--yes", "--remove-source"],
			env,
		).ended;
		expect(status).toBe(75);
		expect(stderr).toContain(".env has changed since it was read, and nothing was taken out of it");
		expect(read(folder)).toBe(`A=${SENTINEL}\nNEW=1\n`);
		expect((await stored("changed/a")).data).toEqual({ k: SENTINEL });
	});

	it("takes from the environment what the map names, and nothing else", async () => {
		const folder = folderWith(
			"",
			"from/env/key: FROM_ENV\nfrom/gate/*: FROMGATE_*\nfrom/port/p: { env: PORT, type: port }\n",
		);
		const { rows, status, stdout } = launchMigrate(folder, ["--from", "env", "--to", "vault", "--yes"], {
			...VAULT,
			PORT: SENTINEL,
			FROM_ENV: SENTINEL,
			FROMGATE_A: SENTINEL,
			UNRELATED: SENTINEL,
		});
		expect({ rows, status }).toEqual({
			status: 0,
			rows: { FROM_ENV: "from/env/key create verified", FROMGATE_A: "from/gate#a create verified" },
		});
		const [, left] = stdout.split("left where they are:\n");
		expect(left).toMatch(/^ {2}PORT fits no run: The value of from\/port\/p for PORT is not a port/);
		expect(left).not.toContain("UNRELATED");
	});

	describe("on a terminal", () => {
		it.each([
			["y and Enter", "y\r", 0],
			["Enter alone", "\r", 64],
			// It dies of the signal, as it does elsewhere.
			["Ctrl-C", "\x03", 256 - 2],
			["Ctrl-D", "\x04", 64],
		])("asks first, and after %s ends with the right status", async (_, keys, expected) => {
			const secret = `asked/${Buffer.from(keys).toString("hex")}`;
			const folder = folderWith(`ASKED=${SENTINEL}\n`, `${secret}/k: ASKED\n`);
			const terminal = launchOnTerminal(folder, ["migrate", "--to", "vault"], VAULT);
			await terminal.shows("[y/N] ");
			terminal.type(keys);
			const { screen, status } = await terminal.ended;
			expect(status).toBe(expected);
			expect(screen).toContain(`Write 1 value to 1 secret at ${ADDRESS}? [y/N]`);
			expect(screen).not.toContain(SENTINEL);
			if (expected === 0) expect((await stored(secret)).data).toEqual({ k: SENTINEL });
			else await expect(stored(secret)).rejects.toThrow("404");
		});
	});
});

describe.skipIf(MOTO === "")("dsta-run migrate --to aws", () => {
	it("moves variables below dsta/, and knows what is there in another form already", async () => {
		const folder = folderWith(
			`NEW=${SENTINEL}\nMORE=${SENTINEL}\nPLAIN=${SENTINEL}\n`,
			"migrate/new/a: NEW\nmigrate/new/b: MORE\nmigrate/plain/password: PLAIN\n",
		);
		await ask("CreateSecret", { Name: "migrate/plain/password", SecretString: SENTINEL });
		const { rows, status } = launchMigrate(folder, ["--to", "aws", "--yes", "--remove-source"], AWS);
		expect({ rows, status }).toEqual({
			status: 0,
			rows: {
				NEW: "migrate/new/a create verified",
				MORE: "migrate/new/b create verified",
				PLAIN: "migrate/plain/password same already verified",
			},
		});
		const { SecretString } = await ask<{ SecretString: string }>("GetSecretValue", {
			SecretId: "dsta/migrate/new",
		});
		expect(JSON.parse(SecretString)).toEqual({ a: SENTINEL, b: SENTINEL });
		expect(read(folder)).toBe("");
	});
});

describe("a mistake of migrate", () => {
	const nobody = { VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: "t" };

	it.each<[string, readonly string[], NodeJS.ProcessEnv, number, string]>([
		["no target", [], nobody, 64, "needs to know where to"],
		["a target that is not written", ["--to", "env"], nobody, 64, "one of vault aws"],
		[
			"a target that is not configured",
			["--to", "vault"],
			{},
			78,
			"--to names vault, which is not configured",
		],
		["a file that does not exist", ["--to", "vault", "--from", "none"], nobody, 66, "none does not exist"],
		[
			"a file that cannot be looked for",
			["--to", "vault", "--from", "n".repeat(256)],
			nobody,
			78,
			"cannot be read",
		],
		[
			"a map that does not exist",
			["--to", "vault", "--map", "none"],
			nobody,
			66,
			"The map none does not exist",
		],
		[
			"a file that is no dotenv file",
			["--to", "vault", "--from", "bad"],
			nobody,
			78,
			"bad:1: this is neither",
		],
		["a server that is down", ["--to", "vault", "--yes"], nobody, 75, "Connection refused"],
		["the environment without a map", ["--to", "vault", "--from", "env"], nobody, 64, "only a map says"],
		[
			"lines of the environment",
			["--to", "vault", "--from", "env", "--remove-source"],
			nobody,
			64,
			"is for a file",
		],
		[
			"lines of a file of two names",
			["--to", "vault", "--from", "two", "--remove-source"],
			nobody,
			64,
			"hard links",
		],
		["a yes to what is only shown", ["--to", "vault", "--yes", "--dry-run"], nobody, 64, "contradict"],
	])("is said, without a value: %s", async (_, args, env, status, words) => {
		const folder = folderWith(`SECRET_KEY=${SENTINEL}\n`);
		writeFileSync(join(folder, "bad"), `${SENTINEL} is none\n`);
		writeFileSync(join(folder, "two"), "");
		linkSync(join(folder, "two"), join(folder, "other"));
		const ended = await runHere(migrate, ["migrate", ...args], { cwd: folder, env });
		expect(ended.stderr).toContain(words);
		expect(ended.stderr).toMatch(/\n {2}fix: /);
		expect(ended.stderr).not.toContain(SENTINEL);
		expect({ status: ended.status, stdout: ended.stdout }).toEqual({ status, stdout: "" });
	});
});
