import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS, type CommandName, OPTIONS } from "../../src/cli/usage.ts";
import { EXIT_STATUS } from "../../src/errors.ts";
import { ask } from "../backends/aws/moto.ts";
import { BUILD, folderWith, LAUNCHER, someOnNpm } from "../process/launch.ts";
import { askVault } from "../servers/start.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const MOTO = process.env.DSTA_TEST_MOTO ?? "";

const SENTINEL = "s3ntinel";

/** A sentinel as it is, in base64 at each of the three places that it can begin at, and as the dump of a buffer. */
const LEAK = new RegExp(
	[
		SENTINEL,
		...[0, 1, 2].map((shift) =>
			Buffer.from(" ".repeat(shift) + SENTINEL)
				.toString("base64")
				.slice(shift === 0 ? 0 : shift + 1, [10, 12, 13][shift]),
		),
		Buffer.from(SENTINEL).toString("hex"),
		[...Buffer.from(SENTINEL)].map((byte) => byte.toString(16)).join(" "),
		[...Buffer.from(SENTINEL)].join(",\\s*"),
	].join("|"),
	"i",
);

/** Every switch of the runtimes and of the libraries that prints what goes on. */
const DEBUG_SWITCHES = {
	DEBUG: "*",
	NODE_DEBUG: "*",
	LOG_TOKENS: "1",
	LOG_STREAM: "1",
	AWS_LOG_LEVEL: "trace",
	AWS_SDK_JS_LOG: "trace",
	VAULT_LOG_LEVEL: "trace",
	BAO_LOG_LEVEL: "trace",
	BUN_CONFIG_VERBOSE_FETCH: "curl",
};

/** Credentials of every kind, whether they are used or not. */
const CREDENTIALS = {
	VAULT_TOKEN: "s3ntinel-vault-token",
	BAO_TOKEN: "s3ntinel-bao-token",
	VAULT_ROLE_ID: "s3ntinel-role-id",
	VAULT_SECRET_ID: "s3ntinel-secret-id",
	VAULT_WRAPPED_TOKEN: "s3ntinel-wrapped-token",
	AWS_ACCESS_KEY_ID: "AKIAs3ntinel",
	AWS_SECRET_ACCESS_KEY: "s3ntinel-secret-key",
	AWS_SESSION_TOKEN: "s3ntinel-session-token",
};

const MAP = [
	"secrets:",
	"  leaks/vault/key: FROM_VAULT",
	"  leaks/aws/key: { env: FROM_AWS, backend: aws }",
	"  leaks/env/key: { env: FROM_ENV, backend: env }",
	"  leaks/vault/file: { env: AS_FILE, as: file }",
	"  leaks/none/key: { env: WITH_DEFAULT, default: s3ntinel-default }",
	"  leaks/vault/*: ALL_*",
	"templates:",
	"  COMPOSED: s3ntinel-text ${leaks/vault/other|url} ${leaks/aws/key} ${leaks/none/key|base64}",
	"",
].join("\n");

interface Situation {
	/** That of a run, so that the situation is what it says. */
	readonly status: number;
	readonly map?: string;
	readonly dotenv?: string;
	readonly env?: NodeJS.ProcessEnv;
	/** What both servers answer to everything. */
	readonly answers?: readonly [status: number, body: string];
}

const DOWN = { VAULT_ADDR: "http://127.0.0.1:1", AWS_ENDPOINT_URL: "http://127.0.0.1:1" };

const SITUATIONS: Readonly<Record<string, Situation>> = {
	"all is well": { status: 0 },
	"every backend is down": { status: 75, env: DOWN },
	"every backend is down and must not be": { status: 75, env: { ...DOWN, DSTA_STRICT: "1" } },
	"the token is refused": { status: 77, env: { VAULT_TOKEN: "s3ntinel-wrong-token" } },
	"the token has characters that none has": { status: 78, env: { VAULT_TOKEN: "s3ntinel\u0001 token" } },
	"the keys have characters that none have": {
		status: 78,
		env: { AWS_ACCESS_KEY_ID: "s3ntinel\u0001 key" },
	},
	"the namespace does not exist": { status: 78, env: { VAULT_NAMESPACE: "none" } },
	"the addresses hold a password": {
		status: 78,
		env: { VAULT_ADDR: "http://me:s3ntinel@127.0.0.1:1", AWS_ENDPOINT_URL: "http://me:s3ntinel@127.0.0.1:1" },
	},
	"the addresses are tokens by mistake": {
		status: 78,
		env: { VAULT_ADDR: "s3ntinel", AWS_ENDPOINT_URL: "s3ntinel" },
	},
	"a server answers what is no JSON": { status: 75, answers: [200, "{s3ntinel"] },
	"a server answers JSON of another kind": { status: 75, answers: [200, '["s3ntinel"]'] },
	"a server answers with a value in the wrong place": {
		status: 75,
		answers: [200, '{"data":"s3ntinel","SecretString":{"a":"s3ntinel"},"SecretValues":"s3ntinel"}'],
	},
	"a server fails and repeats what it knows": { status: 75, answers: [500, '{"errors":["s3ntinel"]}'] },
	"a server fails in HTML": { status: 75, answers: [502, "<h1>s3ntinel</h1>"] },
	"a server refuses and repeats what it knows": {
		status: 77,
		answers: [403, '{"errors":["s3ntinel"],"message":"s3ntinel","__type":"AccessDeniedException"}'],
	},
	"a value is of the wrong type": { status: 65, map: "leaks/vault/key: { env: FROM_VAULT, type: port }\n" },
	"a value does not match": { status: 65, map: "leaks/vault/key: { env: FROM_VAULT, match: '^[0-9]$' }\n" },
	"a value does not decode": { status: 65, map: "leaks/vault/key: { env: FROM_VAULT, decode: base64 }\n" },
	"a value is no one text": { status: 65, map: "leaks/deep/object: FROM_VAULT\nleaks/deep/list: LIST\n" },
	"a value is too large for a variable": { status: 65, map: "leaks/big/key: BIG\n" },
	"the values are together too large": { status: 65, map: "leaks/large/*: L_*\n" },
	"two fields meet in one variable": { status: 65, map: "leaks/clash/*: X_*\n" },
	"a quote of the env file is not closed": { status: 78, dotenv: "FROM_ENV='s3ntinel\n" },
	"a line of the env file is no assignment": { status: 78, dotenv: "s3ntinel value\n" },
	"the map has a value where a name belongs": {
		status: 78,
		map: "leaks/vault/key: { env: A, default: [s3ntinel] }\n",
	},
	"the map does not parse": { status: 78, map: "a/b/c: { env: A, default: 's3ntinel\nb: [" },
	"a template has an object in it": { status: 65, map: "templates:\n  A: s3ntinel ${leaks/deep/object}\n" },
	"a template is too large for a variable": {
		status: 65,
		map: "templates:\n  A: ${leaks/big/key|base64}\n",
	},
	"the map has mistakes in a template": {
		status: 78,
		map: "templates:\n  A: 's3ntinel$ ${a/b|url:s3ntinel} ${a/b:-s3ntinel} ${a/b|url s3ntinel'\n",
	},
	"the map has a default of the wrong type": {
		status: 78,
		map: "a/b/c: { env: A, type: port, default: s3ntinel }\n",
	},
	"the map has a mistake beside a default": {
		status: 78,
		map: "a/b/c: { env: 1A, default: s3ntinel, defualt: s3ntinel }\n",
	},
};

/** What follows each subcommand; a new one has no types and no test until it stands here. */
const WORDS: Readonly<Record<CommandName, readonly (readonly string[])[]>> = {
	run: [["--", "true"]],
	check: [[], ["--json"]],
	explain: [[], ["--json"]],
	get: [["leaks/vault/key"], ["--json", "leaks/aws/key"], ["leaks/vault/*"]],
	put: [
		["leaks/put", "key=-"],
		["--json", "--backend", "aws", "leaks/put/key"],
	],
	list: [[], ["leaks", "--json"]],
	rotate: [["leaks/rotated/key", "--", "sh", "-c", "echo s3ntinel-$$"]],
	health: [[], ["--json"]],
	doctor: [[], ["--json"]],
	init: [["--dry-run"]],
	migrate: [["--to", "vault", "--yes"]],
	policy: [["terraform"]],
	audit: [["verify", "-"]],
	redact: [[]],
	export: [[], ["--format", "json"], ["--format", "k8s"]],
	types: [[]],
	schema: [[]],
	completion: [["words", "--", "get", ""]],
	install: [["bin"]],
	help: [["run"]],
	version: [["--json"]],
};

/** These are there to print values, on standard output. */
const PRINTS_VALUES: ReadonlySet<CommandName> = new Set(["get", "export"] as const);

const WELL = { status: 0 };

let token = "";
let answers: Situation["answers"];
const faulty = createServer((request, response) => {
	request.resume();
	const [status, body] = answers ?? [500, ""];
	response.writeHead(status, { "Content-Type": "application/json" }).end(body);
});

function run(
	args: readonly string[],
	situation: Situation,
): Promise<{ status: number | null; stdout: string; stderr: string; audit: string }> {
	answers = situation.answers;
	const folder = folderWith(situation.map ?? MAP);
	writeFileSync(join(folder, ".env"), situation.dotenv ?? "FROM_ENV=s3ntinel-in-file\n");
	const audit = join(folder, "audit.jsonl");
	const address = `http://127.0.0.1:${(faulty.address() as AddressInfo).port}`;
	const [program, ...words] = LAUNCHER as [string, ...string[]];
	const child = spawn(program, [...words, ...args], {
		cwd: folder,
		env: {
			PATH: process.env.PATH,
			// Another attempt would say nothing that the first does not.
			VAULT_MAX_RETRIES: "0",
			AWS_MAX_ATTEMPTS: "1",
			HOME: folder,
			AWS_REGION: "us-east-1",
			VAULT_ADDR: situation.answers === undefined ? ADDRESS : address,
			AWS_ENDPOINT_URL: situation.answers === undefined ? MOTO : address,
			...CREDENTIALS,
			VAULT_TOKEN: token,
			DSTA_AUDIT: audit,
			...DEBUG_SWITCHES,
			...situation.env,
		},
	});
	let stdout = "";
	let stderr = "";
	child.stdout.on("data", (chunk) => (stdout += chunk));
	child.stderr.on("data", (chunk) => (stderr += chunk));
	// Most do not read it, and have ended before it is written.
	child.stdin.on("error", () => undefined);
	child.stdin.end(args[0] === "redact" ? toRedact(situation) : "s3ntinel-written");
	return new Promise((resolve) =>
		child.once("close", (status) =>
			resolve({ status, stdout, stderr, audit: existsSync(audit) ? readFileSync(audit, "utf8") : "" }),
		),
	);
}

// Secrets of the map, which are not to be copied; with others they are no secrets.
function toRedact({ map }: Situation): string {
	return map === undefined ? "s3ntinel-in-vault,s3ntinel-in-aws" : "";
}

describe.skipIf(ADDRESS === "" || MOTO === "")("no value, token or key comes out", () => {
	beforeAll(async () => {
		await new Promise<void>((resolve) => faulty.listen(0, "127.0.0.1", resolve));
		const secrets = {
			vault: { key: "s3ntinel-in-vault", other: "s3ntinel-other", file: "s3ntinel-file" },
			rotated: { key: "s3ntinel-old" },
			deep: { object: { a: "s3ntinel" }, list: ["s3ntinel"] },
			big: { key: SENTINEL.repeat(20_000) },
			large: Object.fromEntries(Array.from({ length: 60 }, (_, index) => [index, SENTINEL.repeat(14_000)])),
			clash: { "a-b": "s3ntinel", a_b: "s3ntinel" },
		};
		for (const [name, data] of Object.entries(secrets))
			await askVault(ADDRESS, "POST", `secret/data/leaks/${name}`, { data });
		await ask("CreateSecret", { Name: "dsta/leaks/aws", SecretString: '{"key":"s3ntinel-in-aws"}' });
		// Only the root namespace lets a token be chosen.
		const policy = 'path "dsta/secret/*" { capabilities = ["create", "read", "update", "list"] }';
		await askVault(ADDRESS, "POST", "sys/policies/acl/leaks", { policy }, "");
		const body = { id: "s3ntinel-vault-token", policies: ["leaks"] };
		const { auth } = await askVault(ADDRESS, "POST", "auth/token/create", body, "");
		token = (auth as { client_token: string }).client_token;
		expect(token).toContain(SENTINEL);
	});
	afterAll(() => faulty.close());

	// Of those that take --backend one only prints what would be asked of it, and one asks as put does.
	const asksBackends = (name: CommandName) =>
		name !== "policy" && name !== "rotate" && (OPTIONS.backend.commands?.includes(name) ?? true);
	const cases = (Object.keys(COMMANDS) as CommandName[]).flatMap((name, row) =>
		Object.keys(SITUATIONS).flatMap((title, column) => {
			if (column > 0 && !asksBackends(name)) return [];
			// It asks for more than all others, and says it in their words.
			if (name === "doctor" && column % 5 !== 0) return [];
			// Each subcommand and each situation has both forms of the log, and each subcommand all its words.
			const words = WORDS[name][(column >> 1) % WORDS[name].length] as readonly string[];
			return { name, title, format: (row + column) % 2 === 0 ? "text" : "json", words };
		}),
	);

	it.each(someOnNpm(cases))("of $name $words where $title", async ({ format, name, title, words }) => {
		const situation = SITUATIONS[title] as Situation;
		const args = [name, "--log-level", "trace", "--log-format", format, ...words];
		const { audit, status, stderr, stdout } = await run(args, situation);
		expect(audit).not.toMatch(LEAK);
		expect(stderr).not.toMatch(LEAK);
		if (!PRINTS_VALUES.has(name)) expect(stdout).not.toMatch(LEAK);
		if (name === "run") expect(status).toBe(situation.status);
		expect(status).not.toBe(EXIT_STATUS.DSTA_BUG);
	});

	it("where all is well all is well", async () => {
		const ended = Object.entries(WORDS).map(async ([name, [words = []]]) => {
			const isSupported = name !== "install" || BUILD === "standalone";
			// What it is given is no audit log.
			const expected = name === "audit" ? EXIT_STATUS.DSTA_AUDIT : 0;
			const status = isSupported ? expected : EXIT_STATUS.DSTA_UNSUPPORTED;
			expect({ name, ...(await run([name, ...words], WELL)) }).toMatchObject({ name, status });
		});
		await Promise.all(ended);
		const { audit, stdout } = await run(["get", "leaks/vault/key"], WELL);
		expect(stdout).toBe("s3ntinel-in-vault\n");
		expect(audit).toContain('"action":"get"');
	});

	it.each([
		["no-such-command", 127],
		["/etc/passwd", 126],
	])("of run where the command is %s", async (command, expected) => {
		const { status, stderr, stdout } = await run(["--log-level", "trace", "--", command], WELL);
		expect({ status, stdout }).toEqual({ status: expected, stdout: "" });
		expect(stderr).not.toMatch(LEAK);
	});

	it("in the command line of the launcher and of the command", async () => {
		const script =
			'tr "\\0" " " < /proc/$PPID/cmdline; tr "\\0" " " < /proc/$$/cmdline; printf %s "$FROM_VAULT" >&2';
		const { stderr, stdout } = await run(["-q", "--", "sh", "-c", script], WELL);
		expect(stderr).toContain("s3ntinel-in-vault");
		expect(stdout).toContain("/proc/");
		expect(stdout).not.toMatch(LEAK);
	});
});
