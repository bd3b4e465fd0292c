import { constants } from "node:os";
import { describe, expect, it, vi } from "vitest";
import { MAX_MAP_BYTES } from "../../src/map/parse.ts";
import type { Entry, SecretMap } from "../../src/map/secret-map.ts";
import { readYaml } from "../../src/map/yaml.ts";
import { parseSecretMap } from "./with-schema.ts";

function parse(text: string): SecretMap {
	return parseSecretMap(text, { file: "m.yaml", backends: ["vault", "aws", "env"], readRoot: readYaml });
}

/** The only entry of a map, without its path and position. */
function parseEntry(text: string): Omit<Entry, "path" | "position"> {
	const { entries } = parse(text);
	expect(entries).toHaveLength(1);
	const { path: _, position: __, ...rest } = entries[0] as Entry;
	return rest;
}

describe("the short form", () => {
	it.each<[string, Omit<Entry, "path" | "position">]>([
		["a/b: A", { names: ["A"] }],
		["a/b: [A, B]", { names: ["A", "B"] }],
		["a/b:\n- A\n- B", { names: ["A", "B"] }],
		["a/b: { env: A, default: x }", { names: ["A"], default: "x" }],
		["a/b: {\n  env: A\n}", { names: ["A"] }],
		['{"a/b":"A"}', { names: ["A"] }],
		["a/*: A_*", { names: ["A_*"] }],
		['a/*: "*"', { names: ["*"] }],
		["a/*: [A_*]", { names: ["A_*"] }],
		["a/*: {env: A_*, optional: true}", { names: ["A_*"], optional: true }],
		["secrets: A", { names: ["A"] }],
		["secrets: [A]", { names: ["A"] }],
		["version: VERSION", { names: ["VERSION"] }],
		["chain: {env: chain}", { names: ["chain"] }],
		["a/b: A # why", { names: ["A"] }],
		["\uFEFFa/b: A", { names: ["A"] }],
		["a/b: A\r\n", { names: ["A"] }],
		["---\na/b: A\n...\n", { names: ["A"] }],
		["%YAML 1.2\n---\na/b: A", { names: ["A"] }],
		["? a/b\n: A", { names: ["A"] }],
		["<<: A", { names: ["A"] }],
		["__proto__: A", { names: ["A"] }],
		["null: A", { names: ["A"] }],
		["a/b#c: A", { names: ["A"] }],
		["a/b#/c/0: A", { names: ["A"] }],
		["a/b#/c d: A", { names: ["A"] }],
		["a/b: __proto__", { names: ["__proto__"] }],
		["a/b: PATH", { names: ["PATH"] }],
	])("%j", (text, entry) => {
		expect(parseEntry(text)).toEqual(entry);
	});

	it.each(["NO", "true", "null", "y", "_1", "Null"])("takes the name %s as it is written", (name) => {
		expect(parseEntry(`a/b: ${name}`).names).toEqual([name]);
	});

	it("keeps the paths and where they stand", () => {
		const { entries } = parse("# first\r\na/b/c: A\r\n\r\n  \r\n'd': B\r\n");
		expect(entries.map(({ path, position }) => [path.text, path.secret, position])).toEqual([
			["a/b/c", "a/b", { line: 2, column: 1 }],
			["d", "d", { line: 5, column: 1 }],
		]);
	});

	it.each(["{}", "secrets: {}", "# nothing\n{}\n", "version: 1\nsecrets: {}"])(
		"%j is a map of nothing",
		(text) => {
			expect(parse(text)).toEqual({ file: "m.yaml", entries: [], backends: {}, run: {} });
		},
	);

	it("lets two wildcards share a prefix: their keys need not meet", () => {
		expect(parse("a/*: X_*\nb/*: X_*").entries).toHaveLength(2);
	});
});

describe("an entry", () => {
	it.each([
		["5432", "5432"],
		["0x10", "0x10"],
		["0o17", "0o17"],
		["1.10", "1.10"],
		["1_000", "1_000"],
		["true", "true"],
		["No", "No"],
		["2024-01-01", "2024-01-01"],
		['""', ""],
		["''", ""],
		['"null"', "null"],
		['"a\\tb"', "a\tb"],
		["'it''s'", "it's"],
		["a b  c", "a b  c"],
		['"日本"', "日本"],
		["|\n    one\n    two\n", "one\ntwo\n"],
		["|-\n    one\n    two\n", "one\ntwo"],
		[">-\n    one\n    two\n", "one two"],
		["one\n    two", "one two"],
	])("has the default %j as %j", (written, text) => {
		expect(parseEntry(`a/b:\n  env: A\n  default: ${written}`).default).toBe(text);
	});

	it.each(["true", "yes", "on", "1", "True", '"yes"'])("is optional: %s", (word) => {
		expect(parseEntry(`a/b: {env: A, optional: ${word}}`).optional).toBe(true);
	});

	it.each(["false", "no", "off", "0", "OFF"])("is not optional: %s", (word) => {
		expect(parseEntry(`a/b: {env: A, optional: ${word}}`).optional).toBe(false);
	});

	it.each<[string, Partial<Entry>]>([
		["backend: vault", { backend: "vault" }],
		["chain: [aws, env]", { chain: ["aws", "env"] }],
		["chain: env", { chain: ["env"] }],
		["on: {unavailable: stop, denied: next}", { on: { unavailable: "stop", denied: "next" } }],
		["type: port", { type: "port" }],
		["type: json", { type: "json" }],
		["decode: base64url", { decode: "base64url" }],
		["as: file", { as: "file" }],
		["as: fd, mode: '0444'", { as: "fd", mode: 0o444 }],
		["as: file, mode: 0440", { as: "file", mode: 0o440 }],
		["as: file, mode: 440", { as: "file", mode: 0o440 }],
		["as: file, mode: 0o440", { as: "file", mode: 0o440 }],
		["match: '^a\\p{L}+$'", { match: /^a\p{L}+$/u }],
		["type: int, match: ^1", { type: "int", match: /^1/u }],
		["version: 3", { version: 3 }],
		["version: '3'", { version: "3" }],
		["version: AWSPREVIOUS", { version: "AWSPREVIOUS" }],
		["version: 0a1b-22", { version: "0a1b-22" }],
		[
			"vault: {mount: team, kv: 1, namespace: ''}",
			{ backends: { vault: { mount: "team", kv: 1, namespace: "" } } },
		],
		["vault: {kv: auto}", { backends: { vault: { kv: "auto" } } }],
		["vault: {engine: raw}", { backends: { vault: { engine: "raw" } } }],
		["vault: {engine: kv, kv: 1}", { backends: { vault: { engine: "kv", kv: 1 } } }],
		[
			"vault: {engine: raw, data: {ttl: 1h, n: 010, groups: [a, true]}}",
			{ backends: { vault: { engine: "raw", data: '{"ttl":"1h","n":"010","groups":["a","true"]}' } } },
		],
		[
			"vault: {engine: raw, method: POST, data: {__proto__: {a: [[b]]}}}",
			{ backends: { vault: { engine: "raw", method: "POST", data: '{"__proto__":{"a":[["b"]]}}' } } },
		],
		[
			"vault: {}, aws: {region: eu-west-1, prefix: ''}",
			{ backends: { vault: {}, aws: { region: "eu-west-1", prefix: "" } } },
		],
		["aws: {stage: AWSPENDING}", { backends: { aws: { stage: "AWSPENDING" } } }],
		["version: 3, aws: {stage: blue}", { version: 3, backends: { aws: { stage: "blue" } } }],
		[`aws: {version_id: ${"1a-".repeat(11)}}`, { backends: { aws: { version_id: "1a-".repeat(11) } } }],
	])("takes %s, in either form", (keys, expected) => {
		const line = `a/b: {env: A, ${keys}}`;
		expect(parseEntry(line)).toEqual({ names: ["A"], ...expected });
		expect(parseEntry(`secrets:\n  ${line}`)).toEqual({ names: ["A"], ...expected });
	});
});

describe("the full form", () => {
	it("has settings for the map, its backends and the command", () => {
		const map = parse(`
version: 1
chain: [vault, env]
strict: yes
timeout: 1m
on: { denied: next }
vault: { address: "https://vault:8200", mount: team, kv: 2, namespace: "", timeout: 500ms, attempt_timeout: 2s, retries: 0 }
aws: { region: us-east-1, prefix: dsta/, profile: dev, endpoint: "http://localhost:5000", timeout: 5, retries: 10 }
env: { file: .env.local, export: no }
run: { mode: spawn, pristine: true, pass: LC_*, strip: [A, B_*], keep_files: yes }
secrets:
  a/b: A
`);
		expect(map).toMatchObject({
			file: "m.yaml",
			chain: ["vault", "env"],
			strict: true,
			timeoutMs: 60_000,
			on: { denied: "next" },
			backends: {
				vault: {
					address: "https://vault:8200",
					mount: "team",
					kv: 2,
					namespace: "",
					timeoutMs: 500,
					attemptTimeoutMs: 2_000,
					retries: 0,
				},
				aws: {
					region: "us-east-1",
					prefix: "dsta/",
					profile: "dev",
					endpoint: "http://localhost:5000",
					timeoutMs: 5_000,
					retries: 10,
				},
				env: { file: ".env.local", export: false },
			},
			run: { pristine: true, pass: ["LC_*"], strip: ["A", "B_*"] },
		});
		expect(map).not.toHaveProperty("timeout");
		expect(map.run.mode).toBe("spawn");
		expect(map.backends.vault).not.toHaveProperty("timeout");
		expect(map.entries.map(({ names }) => names)).toEqual([["A"]]);
	});

	it.each(["{ credential: vault_token }", "{ method: credential, credential: vault_token }"])(
		"names a credential to log in to Vault with: %s",
		(auth) => {
			expect(parse(`vault: { auth: ${auth} }\nsecrets: {}`).backends.vault).toEqual({
				auth: { method: "credential", credential: "vault_token" },
			});
		},
	);

	it.each<[string, object]>([
		["{ token_file: /run/token }", { method: "token_file", tokenFile: "/run/token" }],
		["{ method: approle }", { method: "approle" }],
		[
			"{ method: approle, role_id: 4f-1, secret_id: { file: /run/id }, wrapped: yes, mount: ci, namespace: '' }",
			{
				method: "approle",
				roleId: "4f-1",
				secretId: { file: "/run/id" },
				wrapped: true,
				mount: "ci",
				namespace: "",
			},
		],
		[
			"{ method: approle, role_id: { credential: role }, secret_id: { env: CI_ID } }",
			{ method: "approle", roleId: { credential: "role" }, secretId: { env: "CI_ID" } },
		],
		["{ method: kubernetes, role: api }", { method: "kubernetes", role: "api" }],
		["{ method: oidc, token: { env: CI_JWT } }", { method: "oidc", token: { env: "CI_JWT" } }],
		[
			"{ method: aws, region: eu-west-1, header: vault.example.com }",
			{ method: "aws", region: "eu-west-1", header: "vault.example.com" },
		],
		[
			"{ method: userpass, username: ci, password: { file: p } }",
			{ method: "userpass", username: "ci", password: { file: "p" } },
		],
		["{ method: command, command: [helper, ''] }", { method: "command", command: ["helper", ""] }],
	])("says how to log in to Vault: %s", (text, auth) => {
		expect(parse(`vault: { revoke: true, auth: ${text} }\nsecrets: {}`).backends.vault).toEqual({
			revoke: true,
			auth,
		});
	});

	it.each<[string, boolean | "command"]>([
		["true", true],
		["no", false],
		["command", "command"],
	])("says what a service manager hears: %s", (text, notify) => {
		expect(parse(`run: { notify: ${text} }\nsecrets: {}`).run).toEqual({ notify });
	});

	it("says what becomes of signals, by their names with or without SIG", () => {
		const { run } = parse(`
run:
  signals: { TERM: QUIT, SIGHUP: SIGUSR1, INT: none }
  kill_after: 30s
  subreaper: true
  on_orphan: TERM
secrets: {}
`);
		const { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1 } = constants.signals;
		expect(run).toEqual({
			signals: new Map([
				[SIGTERM, SIGQUIT],
				[SIGHUP, SIGUSR1],
				[SIGINT, 0],
			]),
			killAfterMs: 30_000,
			subreaper: true,
			onOrphan: SIGTERM,
		});
	});

	it.each<[string, object]>([
		["key: { file: /etc/key }", { maxAgeMs: 86_400_000, key: { file: "/etc/key" } }],
		["max_age: 1h, key: { credential: k }", { maxAgeMs: 3_600_000, key: { credential: "k" } }],
		['key: { command: [keyctl, "1"] }', { maxAgeMs: 86_400_000, key: { command: ["keyctl", "1"] } }],
	])("names a snapshot and where its key is: %s", (text, settings) => {
		expect(parse(`snapshot: { file: /s, ${text} }\nsecrets: {}`).snapshot).toEqual({
			file: "/s",
			...settings,
		});
	});

	it("says where and as whom AWS is asked", () => {
		const { backends } = parse(`
aws:
  regions: [us-east-1, eu-west-1]
  endpoint: https://secretsmanager.{region}.api.aws
  attempt_timeout: 2s
  retry_mode: adaptive
  assume_role: { role_arn: "arn:aws:iam::123456789012:role/team/app", external_id: "x:1", session_name: a.b, duration: 1h }
secrets: {}
`);
		expect(backends.aws).toEqual({
			regions: ["us-east-1", "eu-west-1"],
			endpoint: "https://secretsmanager.{region}.api.aws",
			attemptTimeoutMs: 2_000,
			retry_mode: "adaptive",
			assume_role: {
				roleArn: "arn:aws:iam::123456789012:role/team/app",
				externalId: "x:1",
				sessionName: "a.b",
				durationMs: 3_600_000,
			},
		});
	});

	it("tells a backend with empty settings from one without", () => {
		expect(parse("aws: {}\nsecrets: {}").backends).toEqual({ aws: {} });
	});
});

describe("a map has limits", () => {
	const lines = (count: number, indent = "") =>
		Array.from({ length: count }, (_, index) => `${indent}a/k${index}: N${index}\n`).join("");

	it("takes 10 000 entries, in either form", () => {
		expect(parse(lines(10_000)).entries).toHaveLength(10_000);
		expect(parse(`secrets:\n${lines(10_000, "  ")}`).entries).toHaveLength(10_000);
	});

	it.each<[string, string, string]>([
		["10 001 entries", lines(10_001), "m.yaml:10001:1: a map has at most 10000 entries, this one 10001"],
		[
			"10 001 entries in the full form",
			`secrets:\n${lines(10_001, "  ")}`,
			"m.yaml:10002:3: a map has at most 10000 entries, this one 10001",
		],
		["many more entries", lines(30_000), "m.yaml:10002:1: a map has at most 10000 entries"],
		["one byte over 1 MiB", `#${"x".repeat(MAX_MAP_BYTES)}`, "m.yaml:1:1: a map has at most 1048576 bytes"],
		[
			"wide characters over 1 MiB",
			`#${"é".repeat(MAX_MAP_BYTES / 2)}`,
			"m.yaml:1:1: a map has at most 1048576 bytes",
		],
		["1000 brackets", "[".repeat(1000), "m.yaml:1:20: a map is nested at most 20 levels deep"],
		["half a million braces", "{a: ".repeat(250_000), "m.yaml:1:77: a map is nested at most 20 levels deep"],
		["half a million dashes", "- ".repeat(500_000), "m.yaml:1:39: a map is nested at most 20 levels deep"],
		[
			"a stair of mappings",
			Array.from({ length: 1000 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join(""),
			"m.yaml:20:20: a map is nested at most 20 levels deep",
		],
	])("refuses %s", (_, text, message) => {
		expect(() => parse(text)).toThrow(message);
	});

	it("takes exactly 1 MiB", () => {
		const text = "a/b: A\n#";
		expect(parse(text + "x".repeat(MAX_MAP_BYTES - text.length)).entries).toHaveLength(1);
	});

	it("is not blown up by aliases", () => {
		const bomb = ["a: &a [x, x]"];
		for (let level = 1; level < 30; level++) bomb.push(`a${level}: &a${level} [*a, *a]`);
		expect(() => parse(bomb.join("\n"))).toThrow(/^m\.yaml:1:4: a text cannot begin with \* or &/);
		expect(() => parse("a: &a [*a]")).toThrow(/^m\.yaml:1:4: /);
	});

	it("is not searched again for every path", () => {
		const searches = vi.spyOn(Array.prototype, "some");
		try {
			parse(lines(5_000));
			// The parser's own check for repeated keys asks `items.some(…)` for each key: 5 000 times up to 5 000.
			expect(
				searches.mock.contexts.filter((items) => (items as unknown[]).length > 1_000).length,
			).toBeLessThan(5);
		} finally {
			searches.mockRestore();
		}
	});
});
