import { describe, expect, it } from "vitest";
import { DstaError } from "../../src/errors.ts";
import { readYaml } from "../../src/map/yaml.ts";
import { parseSecretMap } from "./with-schema.ts";

const OPTIONS = { file: "m.yaml", backends: ["vault", "aws", "env"], readRoot: readYaml };

/** What is said of a map, line for line, without the name of the file. */
function complaintsOf(text: string): string[] {
	try {
		parseSecretMap(text, OPTIONS);
	} catch (error) {
		if (!(error instanceof DstaError)) throw error;
		expect(error.code).toBe("DSTA_MAP");
		expect(error.cure).toContain("m.yaml");
		return error.message.split("\n").map((line) => line.replace(/^m\.yaml:/, ""));
	}
	return [];
}

const NO_NAME = "is no variable name (letters, digits and _, no digit first)";
const LINE = "exchange/binance/api_key: BINANCE_API_KEY";
const ENTRY_KEYS =
	"env, default, optional, backend, chain, on, type, match, decode, version, vault, aws, as, mode, on_change, rotate";
const ALIAS =
	'a text cannot begin with * or & in YAML, where that is an alias or an anchor: put it in quotes, "*"';
const TAG = "a text cannot begin with ! in YAML, where that is a tag: put it in quotes";
const NOT_YAML =
	"this is not YAML: put a text with special characters in quotes, and begin the lines of one level in one column";
const EMPTY = `1:1: the map is empty: write ${LINE}, or {} for a map of nothing`;
const NO_COLON = `this has no ": ": a map is lines such as ${LINE}`;

const GENERATORS =
	"alnum:LENGTH, ascii:LENGTH, hex:BYTES, base64:BYTES, base64url:BYTES, uuid, { command: [COMMAND, ARG] }";
const INSTANCES =
	"rotate.restart.wait_for must be http://HOST:PORT, https://HOST:PORT, HOST:PORT or unix:/PATH/OF.sock, or a list of these";
const LISTEN_ADDRESSES = "PORT (of 127.0.0.1), ADDRESS:PORT, [ADDRESS]:PORT or unix:PATH; or none";
const SNAPSHOT = "{ file: /var/lib/dsta/app.snapshot, key: { file: /etc/dsta/snapshot.key } }";
const NO_SOURCE = "snapshot.key takes one of file, credential, command: { file: /etc/dsta/snapshot.key }";
const METHODS = "credential, token_file, approle, kubernetes, jwt, oidc, aws, userpass, cert, command";
const NO_METHOD = `vault.auth needs a method: one of ${METHODS}`;
const PLACES = "{ env: NAME }, { file: PATH } or { credential: NAME }";
const CREDENTAIL = '2:24: vault.auth.method cannot be "credentail"; did you mean "credential"?';

describe("a mistake in the YAML", () => {
	it.each<[string, string]>([
		["", EMPTY],
		["\uFEFF", EMPTY],
		["# nothing\n\n", EMPTY],
		["---\n", EMPTY],
		["a/b: @x\n", "1:6: a text cannot begin with @ in YAML: put it in quotes"],
		["a/b: `x`\n", "1:6: a text cannot begin with ` in YAML: put it in quotes"],
		["a/*: *\n", `1:6: ${ALIAS}`],
		["a/*: *A\n", `1:6: ${ALIAS}`],
		["*/a: J\n", `1:6: ${ALIAS}`],
		["*: X\n", `1:4: ${ALIAS}`],
		["a/b: &A\n", `1:6: ${ALIAS}`],
		["a/b: &A B\n", `1:6: ${ALIAS}`],
		["a/b: !A\n", `1:6: ${TAG}`],
		["a/b: !!str A\n", `1:6: ${TAG}`],
		["a/b: !!js/function A\n", `1:6: ${TAG}`],
		["a/b: !custom {env: A}\n", `1:6: ${TAG}`],
		["a: x: y\n", '1:4: a second ": " in one line: put the text that holds it in quotes'],
		["a: x:y: z\n", '1:4: a second ": " in one line: put the text that holds it in quotes'],
		[
			"a/b: A\n  c/d: B\n",
			"1:6: wrong indentation: the next line is indented further than this one, so that it continues it",
		],
		[" a/b: A\nc/d: B\n", `2:1: ${NOT_YAML}`],
		["\ta: B\n", "1:1: a tab cannot indent a line in YAML: use spaces"],
		["a:\n\t- B\n", "2:1: a tab cannot indent a line in YAML: use spaces"],
		["a/b: A\nc/d:B\n", "2:1: a space must follow the colon"],
		["a/b:A\n", "1:1: a space must follow the colon"],
		["a/b: A\nc/d\n", `2:1: ${NO_COLON}`],
		[
			"a/tls #/key: A\n",
			'1:1: a # after a space begins a comment, which hides the ": " of this line: put the path in quotes',
		],
		['a/b: "x\nc/d: B\n', "1:6: a quote is opened here and not closed"],
		["a/b: 'x\n", "1:6: a quote is opened here and not closed"],
		["a/b: 'it's'\n", `1:10: ${NOT_YAML}`],
		[
			'a/b: "\\q"\n',
			"1:7: a \\ in double quotes begins an escape, and this is none: write \\\\, or use single quotes",
		],
		["a/b: {env: A\nc/d: B\n", "2:1: a [ or { is not closed before this"],
		["a/b: [A, B", "1:11: a [ or { is not closed before this"],
		["a/b: A\n}\n", `2:1: ${NOT_YAML}`],
		[
			"a/b: - A\n",
			'1:6: a list cannot begin here: put each "- NAME" in a line of its own, or write [NAME, NAME]',
		],
		[
			"a/b: A\n---\nc/d: B\n",
			"2:1: a second document begins here, and a map is one: take out the line ---, or make it two files",
		],
		["%FOO bar\n---\na: B\n", "1:1: a line that begins with % is a directive, which a map does not need"],
		["? [a]\n: B\n", "1:3: a key must be one text"],
		["? {a: b}\n: B\n", "1:3: a key must be one text"],
		["~\n", `1:1: ${NO_COLON}`],
		["5\n", `1:1: ${NO_COLON}`],
		["[]\n", `1:1: a map is lines such as ${LINE}, not a list`],
		["- a/b: A\n", `1:1: a map is lines such as ${LINE}, not a list`],
	])("%j: %s", (text, complaint) => {
		expect(complaintsOf(text)).toEqual([complaint]);
	});
});

describe("a wrong line", () => {
	it.each<[string, ...string[]]>([
		["/a: A\n", '1:1: "/a" is no secret path: it begins with "/"'],
		["a/: A\n", '1:1: "a/" is no secret path: it ends with "/"'],
		["a//b: A\n", '1:1: "a//b" is no secret path: it has an empty segment'],
		["a/../b: A\n", '1:1: "a/../b" is no secret path: it has a segment ".."'],
		["a/*/b: A_*\n", '1:1: "a/*/b" is no secret path: a "*" may only stand for the whole last segment'],
		['"*": "*"\n', '1:1: "*" is no secret path: a "*" needs a secret before it'],
		["a#: A\n", '1:1: "a#" is no secret path: nothing follows its "#"'],
		["a/b#/~x: A\n", '1:1: "a/b#/~x" is no secret path: "~" in a JSON pointer is written "~0"'],
		[": A\n", '1:1: "" is no secret path: it is empty'],
		[
			"exchange/binance/api_key:\n",
			'1:1: "exchange/binance/api_key" has no variable name: write exchange/binance/api_key: EXCHANGE_BINANCE_API_KEY',
		],
		["a/b: # A\n", '1:1: "a/b" has no variable name: write a/b: A_B'],
		["a/b: {}\n", '1:6: "a/b" has no variable name: add env: A_B'],
		["a/b: {default: x}\n", '1:6: "a/b" has no variable name: add env: A_B'],
		["a/b: {evn: A}\n", '1:7: unknown key "evn"; did you mean "env"?'],
		["a/b: {env: }\n", "1:12: env has no variable name"],
		["a/b: []\n", "1:6: a/b is an empty list of names"],
		["a/b: [[A]]\n", "1:7: a list of names holds only names"],
		["a/b: {env: {A: 1}}\n", "1:12: env must be a name or a list of names"],
		["a/b: 1BAD\n", `1:6: "1BAD" ${NO_NAME}; did you mean "_1BAD"?`],
		["a/b: 123\n", `1:6: "123" ${NO_NAME}`],
		["a/b: api-key\n", `1:6: "api-key" ${NO_NAME}; did you mean "api_key"?`],
		[`a/b: \${API_KEY}\n`, `1:6: "\${API_KEY}" ${NO_NAME}; did you mean "API_KEY"?`],
		["a/b: ~\n", `1:6: this ${NO_NAME}`],
		["a/b: {env: [A, b.c]}\n", `1:16: "b.c" ${NO_NAME}; did you mean "b_c"?`],
		[
			"BINANCE_API_KEY: exchange/binance/api_key\n",
			"1:1: the sides are swapped: write exchange/binance/api_key: BINANCE_API_KEY",
		],
		["GATEIO_*: exchange/gateio/*\n", "1:1: the sides are swapped: write exchange/gateio/*: GATEIO_*"],
		["A: app/tls#key\n", "1:1: the sides are swapped: write app/tls#key: A"],
		["a/*: A\n", '1:6: a/* needs a name that ends in *, which "A" is not; did you mean "A_*"?'],
		["a/*: A_\n", '1:6: a/* needs a name that ends in *, which "A_" is not; did you mean "A_*"?'],
		["a/*: 1_*\n", '1:6: a/* needs a name that ends in *, which "1_*" is not'],
		["a/*: A_*_B\n", '1:6: a/* needs a name that ends in *, which "A_*_B" is not'],
		["a/*: [A_*, B_*]\n", "1:12: a/* takes one name that ends in *, not a list of names"],
		[
			"a/*: {env: A_*, default: x}\n",
			"1:17: a/* stands for many variables, which cannot share a default; write optional: true or name them",
		],
		["a/b: A_*\n", '1:6: "A_*" ends in *, so its path must end in /*; did you mean "a/b/*"?'],
		["a: A_*\n", '1:4: "A_*" ends in *, so its path must end in /*; did you mean "a/*"?'],
		["a/b#c: A_*\n", '1:8: "A_*" ends in *, so its path must end in /*; did you mean "a/b/*"?'],
		['a/b: "*"\n', '1:6: "*" ends in *, so its path must end in /*; did you mean "a/b/*"?'],
		[
			"a/b: A\na/b: B\n",
			'2:1: "a/b" is given twice, first at m.yaml:1:1; give its one line a list of names, a/b: [NAME, NAME]',
		],
		["a/b: A\nc/d: A\n", "2:6: A gets a value twice, first at m.yaml:1:6"],
		["a/*: X_*\na/*: Y_*\n", '2:1: "a/*" is given twice, first at m.yaml:1:1; keep one of the lines'],
		[
			"a/b: {env: A, default: abc, type: port}\n",
			"1:24: the default is not a port from 1 to 65535 (type: port)",
		],
		['a/b: {match: "^6", env: A, default: "5432"}\n', "1:37: the default does not match ^6"],
		["a/b: [A, A]\n", "1:10: A gets a value twice, first at m.yaml:1:7"],
		["a/b: A\nc/d: {env: [B, A]}\n", "2:16: A gets a value twice, first at m.yaml:1:6"],
		[
			"exchange:\n  binance:\n    api_key: A\n",
			'2:3: "exchange" has no key env; paths are not nested: write exchange/binance: NAME in one line',
		],
		["a/b: {env: A, defualt: x}\n", '1:15: unknown key "defualt"; did you mean "default"?'],
		["a/b: {env: A, optinal: yes}\n", '1:15: unknown key "optinal"; did you mean "optional"?'],
		["a/b: {env: A, valt: {}}\n", '1:15: unknown key "valt"; did you mean "vault"?'],
		["a/b: {env: A, banana: 1}\n", `1:15: unknown key "banana"; write one of ${ENTRY_KEYS}`],
		["a/b: {env: A, __proto__: 1}\n", `1:15: unknown key "__proto__"; write one of ${ENTRY_KEYS}`],
		["a/b: {env: A, constructor: 1}\n", `1:15: unknown key "constructor"; write one of ${ENTRY_KEYS}`],
		["a/b: {env: A, env: B}\n", '1:15: "env" is given twice, first at m.yaml:1:7'],
		["a/b: {env: A, as: fille}\n", '1:19: as cannot be "fille"; did you mean "file"?'],
		["a/b: {env: A, as: variable}\n", '1:19: as cannot be "variable"; write one of file, fd'],
		["a/b: {env: A, mode: '0400'}\n", "1:15: mode is that of a file: add as: file, or leave it out"],
		...["rw", "0x100", "04000", "4", "0400,", "u=r"].map((mode): [string, string] => [
			`a/b: {env: A, as: file, mode: '${mode}'}\n`,
			'1:31: mode must be permissions in octal digits, such as "0400"',
		]),
		...["256", "0044", "000"].map((mode): [string, string] => [
			`a/b: {env: A, as: file, mode: ${mode}}\n`,
			`1:31: mode ${mode} does not let the command's own user read the file`,
		]),
		[
			"a/b: {env: A, default: }\n",
			'1:24: default has no value; put it in quotes if that is meant (""), or write optional: true',
		],
		[
			"a/b: {env: A, default: ~}\n",
			'1:24: default has the value null; put it in quotes if that is meant ("~"), or write optional: true',
		],
		[
			"a/b: {env: A, default: null}\n",
			'1:24: default has the value null; put it in quotes if that is meant ("null"), or write optional: true',
		],
		["a/b: {env: A, default: {x: 1}}\n", "1:24: default must be one text; put JSON in quotes: '{\"a\": 1}'"],
		["a/b: {env: A, optional: maybe}\n", "1:25: optional must be true or false"],
		["a/b: {env: A, optional: }\n", "1:25: optional has no value; give it one or leave it out"],
		["a/b: {env: A, type: prot}\n", '1:21: type cannot be "prot"; did you mean "port"?'],
		[
			"a/b: {env: A, type: uuid}\n",
			'1:21: type cannot be "uuid"; write one of string, int, number, bool, port, url, json, pem',
		],
		["a/b: {env: A, decode: bas64}\n", '1:23: decode cannot be "bas64"; did you mean "base64"?'],
		["a/b: {env: A, match: '('}\n", "1:22: match is no regular expression: Unterminated group"],
		["a/b: {env: A, match: ''}\n", "1:22: match is empty; give it a value or leave it out"],
		[
			"a/b: {env: A, version: 0}\n",
			"1:24: version must be a number from 1 for Vault, or a version id or stage for AWS",
		],
		[
			"a/b: {env: A, version: 1.5}\n",
			"1:24: version must be a number from 1 for Vault, or a version id or stage for AWS",
		],
		["a/b: {env: A, backend: valt}\n", '1:24: backend: "valt" is no backend; did you mean "vault"?'],
		["a/b: {env: A, chain: [env, vualt]}\n", '1:28: chain: "vualt" is no backend; did you mean "vault"?'],
		["a/b: {env: A, chain: []}\n", "1:22: chain is an empty list"],
		["a/b: {env: A, chain: [env, env]}\n", "1:22: chain names a backend twice"],
		[
			"a/b: {env: A, backend: env, chain: [env]}\n",
			"1:29: backend and chain exclude each other; keep one of them",
		],
		["a/b: {env: A, on: next}\n", "1:19: on holds keys of its own (unavailable, denied); write {} for none"],
		["a/b: {env: A, on: {denied: skip}}\n", '1:28: on.denied cannot be "skip"; write one of next, stop'],
		["a/b: {env: A, vault: {mont: x}}\n", '1:23: unknown key "mont"; did you mean "mount"?'],
		["a/b: {env: A, vault: {kv: 3}}\n", '1:27: vault.kv cannot be "3"; write one of auto, 1, 2'],
		[
			"a/b: {env: A, vault: {address: x}}\n",
			'1:23: unknown key "address"; write one of mount, kv, namespace, engine, method, data',
		],
		[
			"a/b: {env: A, vault: {engine: database}}\n",
			'1:31: vault.engine cannot be "database"; write one of kv, raw',
		],
		[
			"a/b: {env: A, vault: {engine: raw, method: PUT}}\n",
			'1:44: vault.method cannot be "PUT"; write one of GET, POST',
		],
		[
			"a/b: {env: A, vault: {method: POST, data: {a: b}}}\n",
			"1:23: method is for engines other than KV: add engine: raw, or leave it out",
			"1:37: data is for engines other than KV: add engine: raw, or leave it out",
		],
		[
			"a/b: {env: A, version: 3, vault: {engine: raw, mount: a, kv: 1}}\n",
			"1:15: version is of a KV engine, and excludes engine: raw",
			"1:48: mount is of a KV engine; with engine: raw the path begins with the mount",
			"1:58: kv is of a KV engine; with engine: raw the path begins with the mount",
		],
		[
			"auth/userpass/login/me#x: {env: A, vault: {engine: raw}}\n",
			"1:44: auth/userpass/login/me#x logs in, and gives a token: that is for vault.auth",
		],
		[
			"a/b: {env: A, vault: {engine: raw, data: ttl}}\n",
			"1:42: vault.data holds what is sent with the request: { ttl: 1h }",
		],
		[
			"a/b: {env: A, vault: {engine: raw, data: {a: {b: c}, d: [[e]], f: [g]}}}\n",
			"1:46: vault.data.a must be a text or a list of texts, unless there is method: POST",
			"1:57: vault.data.d must be a text or a list of texts, unless there is method: POST",
		],
		[
			"a/b: {env: A, vault: {engine: raw, method: POST, data: {a: , b: {c: d, c: e}}}}\n",
			"1:60: vault.data.a has no value; give it one or leave it out",
			'1:72: vault.data.b has "c" twice',
		],
		[
			"a/b: {env: A, aws: us-east-1}\n",
			"1:20: aws holds keys of its own (region, prefix, stage, version_id); write {} for none",
		],
		["a/b: {env: A, aws: {stage: ''}}\n", "1:28: aws.stage is empty; give it a value or leave it out"],
		[
			"a/b: {env: A, aws: {version_id: 3}}\n",
			"1:33: aws.version_id must be the id of a version, 32 to 64 letters, digits and hyphens",
		],
		[
			`a/b: {env: A, aws: {stage: S, version_id: ${"1".repeat(32)}}}\n`,
			"1:31: aws.stage and aws.version_id exclude each other; keep one of them",
		],
		[
			"a/b: {env: A, version: AWSCURRENT, aws: {stage: S}}\n",
			"1:42: version and aws.stage exclude each other unless version is a number, which is one of Vault's",
		],
		[
			"arn:aws:ssm:eu-west-1:123456789012:parameter/a: A\n",
			'1:1: "arn:aws:ssm:eu-west-1:123456789012:parameter/a" is no secret path: an ARN must be that of a secret, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME, and a field of it follows a #',
		],
	])("%j: %s", (text, ...complaints) => {
		expect(complaintsOf(text)).toEqual(complaints);
	});
});

const ROLE = "arn:aws:iam::123456789012:role/a";
const NO_ROLE = "aws.assume_role needs the role to take on: role_arn: arn:aws:iam::…";

describe("a wrong setting", () => {
	const wrap = (line: string) => `secrets: {}\n${line}\n`;
	it.each<[string, string]>([
		["version: 2", "2:10: version of a map must be 1"],
		["chain: []", "2:8: chain is an empty list"],
		["chain: [vault, aw]", '2:16: chain: "aw" is no backend; did you mean "aws"?'],
		["strict: maybe", "2:9: strict must be true or false"],
		["timeout: soon", "2:10: timeout must be a duration: 500ms, 30s, 5m, 2h, 1d or plain seconds"],
		[
			"timeout: 30d",
			"2:10: timeout must be a duration of up to 24d: 500ms, 30s, 5m, 2h, 1d or plain seconds",
		],
		["timeout: 0", "2:10: timeout must be a duration: 500ms, 30s, 5m, 2h, 1d or plain seconds"],
		["timeout: [30s]", "2:10: timeout must be one text"],
		["on: {unavailible: next}", '2:6: unknown key "unavailible"; did you mean "unavailable"?'],
		["valt: {}", '2:1: unknown key "valt"; did you mean "vault"?'],
		[
			"exchange/binance/api_key: A",
			'2:1: "exchange/binance/api_key" is a path: move its line to the others, under secrets:',
		],
		[
			"vault:",
			"2:7: vault holds keys of its own (address, mount, kv, namespace, timeout, attempt_timeout, retries, auth, cacert, capath, client_cert, client_key, tls_server_name, skip_verify, revoke); write {} for none",
		],
		["vault: {adress: x}", '2:9: unknown key "adress"; did you mean "address"?'],
		["vault: {mount: ''}", "2:16: vault.mount is empty; give it a value or leave it out"],
		["vault: {auth: {role: x}}", `2:15: ${NO_METHOD}`],
		["vault: {auth: {method: credentail}}", CREDENTAIL],
		["vault: {auth: {credentail: x}}", '2:16: unknown key "credentail"; did you mean "credential"?'],
		["vault: {auth: {method: credential}}", "2:15: vault.auth with the method credential needs credential"],
		["vault: {auth: {}}", `2:15: ${NO_METHOD}`],
		[
			"vault: {auth: {credential: ''}}",
			"2:28: vault.auth.credential is empty; give it a value or leave it out",
		],
		...["/etc/token", "..", "a/b"].map((name): [string, string] => [
			`vault: {auth: {credential: ${name}}}`,
			`2:28: vault.auth.credential is the name of a credential, which "${name}" cannot be`,
		]),
		[
			"vault: {auth: x}",
			"2:15: vault.auth holds keys of its own (method, credential, token_file, role_id, secret_id, wrapped, role, token, username, password, region, header, command, mount, namespace); write {} for none",
		],
		["vault: {auth: {method: kubernetes}}", "2:15: vault.auth with the method kubernetes needs role"],
		["vault: {auth: {method: jwt, role: x}}", "2:15: vault.auth with the method jwt needs token"],
		[
			"vault: {auth: {method: userpass, mount: x}}",
			"2:15: vault.auth with the method userpass needs username and password",
		],
		["vault: {auth: {method: command}}", "2:15: vault.auth with the method command needs command"],
		[
			"vault: {auth: {method: aws, secret_id: {env: X}}}",
			"2:29: vault.auth.secret_id is not for the method aws",
		],
		[
			"vault: {auth: {method: approle, secret_id: sentinel}}",
			`2:44: vault.auth.secret_id is no text for a map; say where it lies: ${PLACES}`,
		],
		[
			"vault: {auth: {method: approle, secret_id: {}}}",
			`2:44: vault.auth.secret_id names one place: ${PLACES}`,
		],
		[
			"vault: {auth: {method: approle, secret_id: {env: X, file: y}}}",
			`2:44: vault.auth.secret_id names one place: ${PLACES}`,
		],
		[
			"vault: {auth: {method: approle, secret_id: {env: 1X}}}",
			'2:50: vault.auth.secret_id.env is the name of a variable, which "1X" cannot be',
		],
		[
			"vault: {auth: {method: command, command: vault-token}}",
			"2:42: vault.auth.command is a list of words: [vault-token, --role, api]",
		],
		["vault: {retries: 11}", "2:18: vault.retries must be a whole number from 0 to 10"],
		["vault: {retries: -1}", "2:18: vault.retries must be a whole number from 0 to 10"],
		["vault: {retries: 1.5}", "2:18: vault.retries must be a whole number from 0 to 10"],
		["vault: {retries: many}", "2:18: vault.retries must be a whole number from 0 to 10"],
		["aws: {retries: 11}", "2:16: aws.retries must be a whole number from 0 to 10"],
		["vault: {revoke: perhaps}", "2:17: vault.revoke must be true or false"],
		["vault: {skip_verify: x}", "2:22: vault.skip_verify must be true or false"],
		["aws: {retry_mode: legacy}", '2:19: aws.retry_mode cannot be "legacy"; write one of standard, adaptive'],
		["aws: {region: a, regions: [b, c]}", "2:18: aws has both region and regions; keep one of them"],
		["aws: {regions: []}", "2:16: aws.regions is an empty list"],
		["aws: {regions: [a, b, a]}", "2:16: aws.regions names a region twice"],
		[
			"aws: {regions: [a, b], endpoint: 'http://x'}",
			"2:34: aws.endpoint must say {region} in the place of each of aws.regions",
		],
		["aws: {assume_role: {}}", `2:20: ${NO_ROLE}`],
		["aws: {assume_role: {external_id: x1}}", `2:20: ${NO_ROLE}`],
		[
			"aws: {assume_role: arn:aws:iam::123456789012:role/x}",
			"2:20: aws.assume_role holds keys of its own (role_arn, external_id, session_name, duration); write {} for none",
		],
		[
			"aws: {assume_role: {role_arn: app}}",
			"2:31: aws.assume_role.role_arn must be like arn:aws:iam::123456789012:role/NAME",
		],
		[
			`aws: {assume_role: {role_arn: ${ROLE}, session_name: "a b"}}`,
			"2:79: aws.assume_role.session_name must be 2 to 64 letters, digits and _+=,.@-",
		],
		[
			`aws: {assume_role: {role_arn: ${ROLE}, external_id: "a b"}}`,
			"2:78: aws.assume_role.external_id must be 2 to 1224 letters, digits and _+=,.@:/-",
		],
		[
			`aws: {assume_role: {role_arn: ${ROLE}, duration: 5m}}`,
			"2:75: aws.assume_role.duration must be between 15m and 12h",
		],
		["aws: {regoin: x}", '2:7: unknown key "regoin"; did you mean "region"?'],
		[
			"aws: {timeout: never}",
			"2:16: aws.timeout must be a duration: 500ms, 30s, 5m, 2h, 1d or plain seconds",
		],
		["env: {timeout: 1s}", '2:7: unknown key "timeout"; write one of file, export'],
		["env: {export: perhaps}", "2:15: env.export must be true or false"],
		["run: {mode: fork}", '2:13: run.mode cannot be "fork"; write one of spawn, exec'],
		["run: {notify: perhaps}", "2:15: run.notify must be true or false"],
		["run: {keep_files: 2}", "2:19: run.keep_files must be true or false"],
		["run: {keep_file: true}", '2:7: unknown key "keep_file"; did you mean "keep_files"?'],
		["run: {signals: TERM}", "2:16: run.signals holds lines such as TERM: QUIT, or TERM: none"],
		["run: {signals: {TREM: QUIT}}", '2:17: run.signals: "TREM" is no signal; did you mean "TERM"?'],
		[
			"run: {signals: {TERM: SIGQIUT}}",
			'2:23: run.signals.TERM: "SIGQIUT" is no signal; did you mean "QUIT"?',
		],
		["run: {signals: {KILL: TERM}}", "2:17: run.signals: KILL is never forwarded"],
		["run: {signals: {TERM: QUIT, SIGTERM: INT}}", "2:29: run.signals names TERM twice"],
		[
			"run: {kill_after: soon}",
			"2:19: run.kill_after must be a duration: 500ms, 30s, 5m, 2h, 1d or plain seconds",
		],
		["run: {subreaper: 2}", "2:18: run.subreaper must be true or false"],
		["run: {on_orphan: TREM}", '2:18: run.on_orphan: "TREM" is no signal; did you mean "TERM"?'],
		["run: {on_orphan: sigterm}", '2:18: run.on_orphan: "sigterm" is no signal; did you mean "TERM"?'],
		["run: {pass: [A=B]}", "2:14: run.pass holds names of variables, with * for any characters"],
		["run: {watch: often}", "2:14: run.watch must be true or false"],
		["run: {watch: 5 m}", "2:14: run.watch must be a duration: 500ms, 30s, 5m, 2h, 1d or plain seconds"],
		["run: {metrics: 0.0.0.0}", `2:16: run.metrics must be ${LISTEN_ADDRESSES}`],
		["run: {metrics: 'app:9464'}", `2:16: run.metrics must be ${LISTEN_ADDRESSES}`],
		["run: {metrics: ''}", "2:16: run.metrics is empty; give it a value or leave it out"],
		[
			"run: {on_change: reload}",
			'2:18: run.on_change cannot be "reload"; write one of restart, exit, ignore',
		],
		[
			"run: {on_change: signal}",
			"2:18: run.on_change: say which: { signal: HUP }, or { exec: [COMMAND, ARG] }",
		],
		["run: {on_change: {signal: HUP, exit: 3}}", "2:18: run.on_change holds one of signal, exec, exit"],
		["run: {on_change: {exit: 256}}", "2:25: run.on_change.exit must be a whole number from 0 to 255"],
		["run: {on_absent: keep}", '2:18: run.on_absent cannot be "keep"; write one of ignore, change'],
		["run: {ready: {}}", "2:14: run.ready holds one of http, tcp, exec, notify"],
		["run: {ready: {http: localhost/}}", "2:21: run.ready.http must be a URL: http://127.0.0.1:8080/healthz"],
		["run: {ready: {tcp: 8080}}", "2:20: run.ready.tcp must be HOST:PORT: 127.0.0.1:8080"],
		["rotate: {generate: 'alnum:0'}", `2:20: rotate.generate "alnum:0" is none of ${GENERATORS}`],
		["rotate: {verify: {}}", "2:18: rotate.verify needs a command: { command: [COMMAND, ARG] }"],
		["rotate: {restart: {}}", "2:19: rotate.restart holds a command, or wait_for and perhaps a timeout"],
		["rotate: {restart: {wait_for: 'unix:run/app.sock'}}", `2:30: ${INSTANCES}`],
		["rotate: {restart: {wait_for: ['app:9100', 'http://app 0:9100']}}", `2:43: ${INSTANCES}`],
		["rotate: {restart: {wait_for: ftp://h}}", `2:30: ${INSTANCES}`],
		["rotate: {restart: {wait_for: 'HTTP://a:1'}}", `2:30: ${INSTANCES}`],
		["rotate: {restart: {wait_for: 'http:///a'}}", `2:30: ${INSTANCES}`],
		["rotate: {restart: {wait_for: 'http:a'}}", `2:30: ${INSTANCES}`],
		["rotate: {restart: {wait_for: 9100}}", `2:30: ${INSTANCES}`],
		["rotate: {revoke: {after: 1h}}", "2:18: rotate.revoke needs a command: { command: [COMMAND, ARG] }"],
		["audit: {keep: 3}", "2:8: audit needs a file: /var/log/dsta/audit.jsonl"],
		["audit: {file: /a, keep: 0}", "2:25: audit.keep must be at least 1"],
		["audit: {file: /a, max_size: 1T}", "2:29: audit.max_size must be a size of 4k or more: 512k, 10M, 1G"],
		["snapshot: {}", `2:11: snapshot needs a file and a key: ${SNAPSHOT}`],
		["snapshot: {file: /s}", `2:11: snapshot needs a key: ${SNAPSHOT}`],
		["snapshot: {key: {file: /k}, max_age: 1h}", `2:11: snapshot needs a file: ${SNAPSHOT}`],
		["snapshot: /s", "2:11: snapshot holds keys of its own (file, max_age, key); write {} for none"],
		["snapshot: {file: /s, key: {}}", `2:27: ${NO_SOURCE}`],
		["snapshot: {file: /s, key: {file: /k, credential: k}}", `2:27: ${NO_SOURCE}`],
		[
			"snapshot: {file: /s, key: {env: KEY}}",
			'2:28: unknown key "env"; write one of file, credential, command',
		],
		[
			"snapshot: {file: /s, key: {credential: a/b}}",
			'2:40: snapshot.key.credential is the name of a credential, which "a/b" cannot be',
		],
		[
			"snapshot: {file: /s, key: {command: keyctl pipe 1}}",
			'2:37: snapshot.key.command is a list of words: [COMMAND, "ARGUMENT"]',
		],
		["snapshot: {file: /s, key: {command: []}}", "2:37: snapshot.key.command is an empty list"],
		[
			"snapshot: {file: /s, max_age: old, key: {file: /k}}",
			"2:31: snapshot.max_age must be a duration: 500ms, 30s, 5m, 2h, 1d or plain seconds",
		],
		[
			"snapshot: {file: /s, key: {file: /s}}",
			"2:11: snapshot.file would be written over its key: name two files",
		],
		["secrets: {}", '2:1: "secrets" is given twice, first at m.yaml:1:1'],
	])("%s: %s", (line, complaint) => {
		expect(complaintsOf(wrap(line))).toEqual([complaint]);
	});

	it.each<[string, string[]]>([
		["secrets:\nversion: 1\n", [`1:9: secrets must hold lines such as ${LINE}, or {} for none`]],
		["secrets:\n  - a/b: A\n", [`2:3: secrets must hold lines such as ${LINE}`]],
		["secretes:\n  a/b: A\n", ['1:1: unknown key "secretes"; did you mean "secrets"?']],
		[
			"version: 1\nchain: [env]\na/b: A\n",
			["version", "chain"].map(
				(key, index) => `${index + 1}:1: ${key} is a setting: put the lines ${LINE} under secrets: beside it`,
			),
		],
		[
			"vault: {address: x}\na/b: A\n",
			[`1:1: vault is a setting: put the lines ${LINE} under secrets: beside it`],
		],
	])("%j: the forms are not mixed", (text, complaints) => {
		expect(complaintsOf(text)).toEqual(complaints);
	});

	it.each([
		"65536",
		"'65536'",
		"'099999'",
		"127.0.0.1:70000",
		"256.0.0.1:1",
		"01.2.3.4:1",
		"'[x]:80'",
		"'[1.2.3.4]:80'",
		"'[::1%]:80'",
		"'unix:'",
	])("run: {metrics: %s}: no address to listen at", (address) => {
		const complaint = `2:16: run.metrics must be ${LISTEN_ADDRESSES}`;
		expect(complaintsOf(wrap(`run: {metrics: ${address}}`))).toEqual([complaint]);
	});
});

describe("all mistakes of a map", () => {
	it("are reported in one run, in the order of the file", () => {
		const text = [
			"timeout: soon",
			"secrets:",
			"  a//b: A",
			"  c/d: @x",
			"  e/f: { env: [B, 1C], defualt: 1, optional: }",
			"  g/*: { env: G, default: 5, backend: env, chain: [env] }",
			"  h: A",
			"vault: { mont: x, auth: {} }",
		].join("\r\n");
		expect(complaintsOf(text)).toEqual([
			"1:10: timeout must be a duration: 500ms, 30s, 5m, 2h, 1d or plain seconds",
			'3:3: "a//b" is no secret path: it has an empty segment',
			"4:8: a text cannot begin with @ in YAML: put it in quotes",
			`5:19: "1C" ${NO_NAME}; did you mean "_1C"?`,
			'5:24: unknown key "defualt"; did you mean "default"?',
			"5:46: optional has no value; give it one or leave it out",
			'6:15: g/* needs a name that ends in *, which "G" is not; did you mean "G_*"?',
			"6:18: g/* stands for many variables, which cannot share a default; write optional: true or name them",
			"6:44: backend and chain exclude each other; keep one of them",
			"7:6: A gets a value twice, first at m.yaml:3:9",
			'8:10: unknown key "mont"; did you mean "mount"?',
			`8:25: ${NO_METHOD}`,
		]);
	});

	it("are listed up to fifty", () => {
		const complaints = complaintsOf(
			Array.from({ length: 73 }, (_, index) => `a/b${index}: ${index}\n`).join(""),
		);
		expect(complaints).toHaveLength(51);
		expect(complaints[49]).toMatch(/^50:/);
		expect(complaints[50]).toBe(" … and 23 more mistakes");
	});
});

describe("a name given twice", () => {
	it("is told beside a wrong one", () => {
		expect(complaintsOf("a/b: [A, b-c, A]\n")).toEqual([
			`1:10: "b-c" ${NO_NAME}; did you mean "b_c"?`,
			"1:15: A gets a value twice, first at m.yaml:1:7",
		]);
	});
});

describe("a default", () => {
	const SENTINEL = "hunter2-sentinel";
	it.each([
		`{env: A, default: ${SENTINEL}, optinal: x}`,
		`{env: A, default: ${SENTINEL}, type: port}`,
		`{env: A, default: *${SENTINEL}}`,
		`{env: A, default: &${SENTINEL}}`,
		`{env: A, default: !${SENTINEL} x}`,
		`{env: A, default: @${SENTINEL}}`,
		`{env: A, default: "${SENTINEL}\\q"}`,
		`{env: A, default: "${SENTINEL}}`,
		`{env: A, default: x, ${SENTINEL}}`,
		`{env: A, default: x ${SENTINEL}: y}`,
		`{env: A, default: [${SENTINEL}]}`,
		`{env: A, default: {${SENTINEL}: 1}}`,
		`{env: 1, default: ${SENTINEL}} ${SENTINEL}`,
		`\n  env: A\n  default: ${SENTINEL}: x`,
		`\n  env: A\n  default: |x${SENTINEL}\n   y`,
		`\n  env: A\n  default: ${SENTINEL}\n ${SENTINEL}\n`,
		`pass=${SENTINEL}`,
	])("is in no message: %j", (value) => {
		const complaints = complaintsOf(`a/b: ${value}`);
		expect(complaints).not.toEqual([]);
		expect(complaints.join("\n")).not.toContain("hunter2");
	});
});
