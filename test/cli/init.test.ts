import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BACKEND_NAMES } from "../../src/backends/registry.ts";
import { init } from "../../src/cli/commands/init.ts";
import { loadSecretMap } from "../../src/map/load.ts";
import { launchSync } from "../process/launch.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";
import { runHere } from "./in-process.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const SENTINEL = "sentinel-init-1618";

/** A folder with files in it, and what `init` writes and says there. */
async function initIn(files: Readonly<Record<string, string>>, args: readonly string[] = []) {
	const folder = mkdtempSync(join(tmpdir(), "dsta-run-init-"));
	for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
	const { status, stderr, stdout } = await runHere(init, ["init", ...args], { cwd: folder });
	const file = join(folder, "secrets.map.yaml");
	const map = existsSync(file) ? readFileSync(file, "utf8") : "";
	expect(stdout + stderr + map).not.toContain(SENTINEL);
	const [written, comments = ""] = map.split("# Not in this map:");
	const body = written?.slice(written.indexOf("\nchain:") + 1).trimEnd() ?? "";
	return {
		folder,
		file,
		status,
		stdout,
		stderr,
		/** The settings and the lines, without comments. */
		map: body.split("\n").filter((line) => line.trim() !== "" && !line.trim().startsWith("#")),
		/** What was left out, by the map and by standard error, which say the same. */
		leftOut: [...comments.matchAll(/^# - (.*?);$/gm)].map(([, what]) => what),
		warned: [...stderr.matchAll(/warn: left out: (.*)$/gm)].map(([, what]) => what),
	};
}

interface Sample {
	readonly file: string;
	readonly text: string;
	readonly args?: readonly string[];
	/** The map, from its chain on. */
	readonly map: readonly string[];
	/** How what was left out begins. */
	readonly leftOut?: readonly string[];
	/** Words of the warnings. */
	readonly says?: readonly string[];
}

const NO_NAMESPACE = ["vault:", '  namespace: ""'];
const WHOLE_NAMES = ["aws:", '  prefix: ""'];

const SAMPLES: Readonly<Record<string, Sample>> = {
	"a .env, by the names alone": {
		file: ".env",
		text: [
			"# Exchanges",
			`BINANCE_API_KEY=${SENTINEL}`,
			`export BINANCE_API_SECRET='${SENTINEL} #1'`,
			`PGPASSWORD=${SENTINEL}`,
			`POSTGRES_PASSWORD=${SENTINEL}`,
			`PGUSER=me`,
			`POSTGRES_USER=other-${SENTINEL}`,
			`SECRET_KEY="${SENTINEL}\nsecond line"`,
			`DATABASE_URL=postgresql://me:${SENTINEL}@localhost/dsta`,
			`VAULT_TOKEN=${SENTINEL}`,
			`LD_PRELOAD=${SENTINEL}`,
			`NODE_ENV=${SENTINEL}`,
			`1BAD=${SENTINEL}`,
			`token=${SENTINEL}`,
		].join("\n"),
		map: [
			"chain: [vault, aws, env]",
			"secrets:",
			"  exchange/binance/api_key: BINANCE_API_KEY",
			"  exchange/binance/api_secret: BINANCE_API_SECRET",
			"  database/postgres/password: [PGPASSWORD, POSTGRES_PASSWORD]",
			"  database/postgres/user: PGUSER",
			"  app/secret_key: SECRET_KEY",
			"  app/token: token",
		],
		leftOut: [
			"POSTGRES_USER (line 7) has another value",
			"DATABASE_URL (line 10) is a URL",
			"VAULT_TOKEN (line 11) is needed",
			"LD_PRELOAD (line 12) changes how programs are found",
			"NODE_ENV (line 13) is a setting",
			"1BAD (line 14) is no name",
		],
	},
	"a .env of references": {
		file: ".env",
		text: [
			'ONE="op://app-prod/binance/api key"',
			"SECTION=op://app-prod/db/admin/password",
			"OTP=op://app-prod/login/code?attribute=otp",
			"VARIABLE=op://$ENV/db/password",
			"BANK=vault:secret/data/accounts/aws#ACCESS_KEY",
			"PINNED=vault:kv/mysql#PASSWORD#3",
			"DYNAMIC=vault:database/creds/app#password",
			">>WRITES=",
			"MAKES='>>vault:pki/issue/web#certificate'",
			`INLINE=postgres://\${vault:secret/data/db#user}:${SENTINEL}@db`,
			"VALS='ref+vault://secret/team/app?namespace=team#/key'",
			"LAST=ref+openbao://secret/team/app/last+",
			"SECRET=secretref+awssecrets://team/app?region=eu-west-1&version_stage=AWSPREVIOUS#/a/b",
			"WHOLE=ref+awssecrets://team/whole",
			"OTHER=ref+sops://file.yaml#/a",
			`PLAIN=${SENTINEL}`,
		].join("\n"),
		map: [
			"chain: [vault, aws]",
			...NO_NAMESPACE,
			...WHOLE_NAMES,
			"secrets:",
			"  app-prod/binance/api_key: ONE",
			"  app-prod/db/admin/password: SECTION",
			"  accounts/aws/ACCESS_KEY: { env: BANK, backend: vault }",
			"  mysql/PASSWORD: { env: PINNED, backend: vault, version: 3, vault: { mount: kv } }",
			"  team/app/key: { env: VALS, backend: vault, vault: { namespace: team } }",
			"  team/app/last: { env: LAST, backend: vault }",
			"  team/app#/a/b: { env: SECRET, backend: aws, version: AWSPREVIOUS, aws: { region: eu-west-1 } }",
			"  team/whole: { env: WHOLE, backend: aws }",
			"  app/plain: PLAIN",
		],
		leftOut: [
			"OTP (line 3) asks 1Password",
			"VARIABLE (line 4) refers to 1Password by a variable",
			"DYNAMIC (line 7) asks database/",
			">>WRITES (line 8) is no name",
			"MAKES (line 9) has Vault make something",
			"INLINE (line 10) is a text with references",
			"OTHER (line 15) refers to sops",
		],
		says: ["op run --env-file .env -- dsta-run migrate --from env", "env is not in the chain"],
	},
	"one path in two places": {
		file: ".env",
		text: "A=ref+vault://secret/a/b?namespace=x#/k\nB=ref+vault://secret/a/b#/k\nC=vault:kv/a/b#k\n",
		map: [
			"chain: [vault]",
			...NO_NAMESPACE,
			"secrets:",
			"  a/b/k: { env: A, vault: { namespace: x } }",
			"  a/b#k: B",
		],
		leftOut: ["C, of a/b/k, (line 3) has a path that another line has"],
	},
	"the configuration of envconsul": {
		file: "config.hcl",
		text: `# of our service
vault {
  address = "https://vault.example.com:8200"
  token   = "${SENTINEL}"
}
upcase = true
secret { path = "secret/passwords" no_prefix = true }
secret {
  path = "secret/data/mail/smtp" /* KV v2 */
}
secret {
  no_prefix = true
  path   = "kv/exchange/gateio"
  format = "gateio_{{ key }}"
}
secret {
  path = "secret/db"
  no_prefix = true
  key {
    name   = "user"
    format = "db_{{ key }}"
  }
  key { name = "password" }
}
secret { path = "database/creds/app" }
secret { path = "secret/x" format = "{{ key }}_x" }
secret { path = "secret/{{ env \\"STAGE\\" }}/x" no_prefix = true }
secret { format = "nothing_{{ key }}" }
prefix { path = "config/app" }
exec {
  command = "/usr/bin/app"
  kill_timeout = "5s"
  env {
    custom = ["A=${SENTINEL}"]
    allowlist = ["APP_*"]
    denylist = ["VAULT_*"]
  }
}
log_level = "warn"
`,
		map: [
			"chain: [vault]",
			"vault:",
			'  address: "https://vault.example.com:8200"',
			'  namespace: ""',
			"run:",
			"  pristine: true",
			"  pass: [APP_*]",
			"  strip: [VAULT_*]",
			"  kill_after: 5s",
			"secrets:",
			'  passwords/*: "*"',
			"  mail/smtp/*: SECRET_DATA_MAIL_SMTP_*",
			"  exchange/gateio/*: { env: GATEIO_*, vault: { mount: kv } }",
			"  db/user: DB_USER",
			"  db/password: PASSWORD",
		],
		leftOut: [
			"vault.token (line 2) is about the login",
			"DATABASE_CREDS_APP_* (line 25) asks database/",
			"secret/x (line 26) has a format",
			"a wildcard (line 27) has a path with a template",
			"prefix (line 29) is about Consul",
			"exec.command (line 30) is what a map does not hold",
			"exec.env.custom (line 30) may hold values",
			"log_level (line 39) has no counterpart",
		],
	},
	"the configuration of envconsul in JSON": {
		file: "config.json",
		text: '{"vault":{"namespace":"team"},"secret":[{"path":"kv/a/b","no_prefix":true},{"path":"kv/c"}]}',
		map: [
			"chain: [vault]",
			"vault:",
			"  mount: kv",
			"  namespace: team",
			"secrets:",
			'  a/b/*: "*"',
			"  c/*: kv_c_*",
		],
		says: ["A wildcard writes the names of keys in capitals"],
	},
	"an environment of summon": {
		file: "secrets.yml",
		args: ["--section", "production"],
		text: `common:
  DB_HOST: ${SENTINEL}
  DB_PASSWORD: !var database/postgres/password
  SHARED: !var /shared/key
staging:
  DB_PASSWORD: !var staging/password
production:
  DB_PASSWORD: !var prod/postgres/password
  API_KEY: !var $env/sentry/api_key
  PEM: !var:file app/tls#key
  QUOTED: !file:var "app/other/key"
  DEFAULTED: !var:default='${SENTINEL}' app/some/key
  LITERAL: !str ${SENTINEL}
  NUMBER: 5
`,
		map: [
			"chain: [vault, aws, env]",
			"secrets:",
			"  shared/key: SHARED",
			"  prod/postgres/password: DB_PASSWORD",
			"  app/tls#key: { env: PEM, as: file }",
			"  app/other/key: { env: QUOTED, as: file }",
			"  app/some/key: DEFAULTED",
		],
		leftOut: [
			"DB_HOST (line 2) has its value in the file",
			"API_KEY (line 9) has a path with a variable",
			"DEFAULTED (line 12) has a default",
			"LITERAL (line 13) has its value in the file",
			"NUMBER (line 14) has its value in the file",
		],
		says: ["summon dsta-run migrate --from env"],
	},
	"a secrets.yml of summon without environments": {
		file: "other.yaml",
		text: "summon.files:\n  - path: ./x\n    secrets: { Q: !var a/b }\nKEY: !var a/$$b/key\n",
		map: ["chain: [vault, aws, env]", "secrets:", '  "a/$b/key": KEY'],
		leftOut: ["summon.files (line 1) renders files"],
	},
	"a secrets file of vaultenv": {
		file: "app.secrets",
		text: "production/third-party#api-key\n\nFOOBAR=production/third-party#foo.bar\nodd/one#a.b\n",
		map: [
			"chain: [vault]",
			...NO_NAMESPACE,
			"secrets:",
			"  production/third-party/api-key: PRODUCTION_THIRD_PARTY_API_KEY",
			"  production/third-party/foo.bar: FOOBAR",
		],
		leftOut: ["ODD_ONE_A.B (line 4) is no name"],
	},
	"a secrets file of vaultenv in version 2": {
		file: "app.secrets",
		text: "VERSION 2\n\nMOUNT secret\nthird-party#api-key\n\nMOUNT kv\nthird-party#refresh-token\nFOOBAR=third-party#foobar\n",
		map: [
			"chain: [vault]",
			"vault:",
			"  mount: kv",
			'  namespace: ""',
			"secrets:",
			"  third-party/api-key: { env: SECRET_THIRD_PARTY_API_KEY, vault: { mount: secret } }",
			"  third-party/refresh-token: KV_THIRD_PARTY_REFRESH_TOKEN",
			"  third-party/foobar: FOOBAR",
		],
	},
	"a script that calls chamber, whose secrets are in Secrets Manager": {
		file: "entrypoint.sh",
		text: "#!/bin/sh\nexport CHAMBER_SECRET_BACKEND=secretsmanager\nexec chamber --retries 20 exec my-service shared/common --pristine -- node server.js\n",
		map: [
			"chain: [aws]",
			...WHOLE_NAMES,
			"run:",
			"  pristine: true",
			"secrets:",
			'  my-service/*: "*"',
			'  shared/common/*: "*"',
		],
		says: ["Where two services have the same key"],
	},
	"a Dockerfile that calls chamber, whose secrets are in the Parameter Store": {
		file: "Dockerfile",
		text: 'FROM node\nENTRYPOINT ["chamber", "exec", "svc", "--"]\nCMD ["node", "server.js"]\n',
		map: ["chain: [aws]", ...WHOLE_NAMES, "secrets:", '  svc/*: "*"'],
		says: ["chamber keeps its secrets in the Parameter Store"],
	},
	"a .teller.yml": {
		file: ".teller.yml",
		text: `providers:
  hashi_1:
    kind: hashicorp
    options: { token: ${SENTINEL} }
    maps:
      - id: one
        path: /{{ get_env(name="MOUNT", default="secret") }}/users/user1
        keys:
          GITHUB_TOKEN: ==
          mg: FOO_BAR
      - id: two
        path: secret/all
        optional: true
      - id: three
        path: secret/{{ get_env(name="STAGE") }}/x
  billing:
    kind: aws_secretsmanager
    maps:
      - { id: x, path: prod/billing, keys: { key: BILLING_KEY } }
  dot_1:
    kind: dotenv
    maps: [{ id: stg, path: .env }]
`,
		map: [
			"chain: [vault, aws]",
			...NO_NAMESPACE,
			...WHOLE_NAMES,
			"secrets:",
			"  users/user1/GITHUB_TOKEN: { env: GITHUB_TOKEN, backend: vault }",
			"  users/user1/mg: { env: FOO_BAR, backend: vault }",
			'  all/*: { env: "*", backend: vault, optional: true }',
			"  prod/billing/key: { env: BILLING_KEY, backend: aws }",
		],
		leftOut: [
			"a wildcard (line 14) has a path that depends on the environment",
			"dot_1 (line 20) is a dotenv file",
		],
	},
	"a .teller.yml of version 1": {
		file: ".teller.yml",
		text: `project: billing
opts:
  region: env:AWS_REGION
  stage: development
providers:
  hashicorp_vault:
    env_sync:
      path: secret/data/{{stage}}/billing
      remap: { username: PGUSER }
    env:
      SMTP_PASS:
        path: secret/data/{{ stage }}/mail
        field: smtp
  aws_secretsmanager:
    env:
      MG_KEY: { path: development/billing }
      PLAIN: { path: development/plain, plaintext: true }
      REGIONAL:
        path: {{region}}/x
  heroku:
    env_sync: { path: app }
`,
		map: [
			"chain: [vault, aws]",
			...NO_NAMESPACE,
			...WHOLE_NAMES,
			"secrets:",
			"  development/billing/username: { env: PGUSER, backend: vault }",
			"  development/billing/MG_KEY: { env: MG_KEY, backend: aws }",
			"  development/mail/smtp: { env: SMTP_PASS, backend: vault }",
			"  development/plain: { env: PLAIN, backend: aws }",
		],
		leftOut: [
			"remap (line 8) also hands over",
			"REGIONAL (line 19) has a path that depends",
			"heroku (line 20) is a provider of the kind heroku",
		],
		says: ["hands over nothing that it inherited"],
	},
	"the YAML of vals": {
		file: "vals.yaml",
		text: `KEY: ref+vault://secret/a/b#/key\nSECRET_KEY: ${SENTINEL}\nNESTED: { a: b }\n`,
		map: [
			"chain: [vault, aws]",
			...NO_NAMESPACE,
			"secrets:",
			"  a/b/key: { env: KEY, backend: vault }",
			"  app/secret_key: SECRET_KEY",
		],
		leftOut: ["NESTED (line 3) holds several values"],
	},
};

describe("dsta-run init makes a map, and says what is not in it, of", () => {
	it.each(Object.entries(SAMPLES))(
		"%s",
		async (_, { args = [], file, leftOut = [], map, says = [], text }) => {
			const made = await initIn({ [file]: text }, ["--from", file, ...args]);
			expect(made.map).toEqual(map);
			expect(made.leftOut.map((what, index) => what?.slice(0, leftOut[index]?.length ?? 1000))).toEqual(
				leftOut,
			);
			expect(made.warned).toEqual(made.leftOut);
			for (const words of says) expect(made.stderr).toContain(words);
			const { entries } = await loadSecretMap(made.file, { backends: BACKEND_NAMES });
			expect(made.stdout).toContain(`wrote secrets.map.yaml: ${entries.length} entr`);
			expect(made.status).toBe(0);
		},
	);
});

describe("dsta-run init", () => {
	it("takes .env where nothing else is named, and a run takes from there what its map names", () => {
		const folder = mkdtempSync(join(tmpdir(), "dsta-run-init-"));
		writeFileSync(join(folder, ".env"), `SECRET_KEY=${SENTINEL}\nREDIS_PASSWORD=\n`);
		const options = { cwd: folder, env: { PATH: process.env.PATH, HOME: folder } };
		expect(launchSync(["init"], options)).toMatchObject({
			status: 0,
			stdout: expect.stringMatching(/^wrote secrets\.map\.yaml: 2 entries from \.env \(dotenv\)\. Next: /),
			stderr: "",
		});
		const { status, stdout } = launchSync(
			["--", "sh", "-c", 'echo "$SECRET_KEY"; env | grep -c "^REDIS_PASSWORD=$"'],
			options,
		);
		expect({ status, stdout }).toEqual({ status: 0, stdout: `${SENTINEL}\n1\n` });
	});

	it("reads the files of others as its own, in the build under test", () => {
		const folder = mkdtempSync(join(tmpdir(), "dsta-run-init-"));
		for (const { file, text } of Object.values(SAMPLES)) writeFileSync(join(folder, file), text);
		const options = { cwd: folder, env: { PATH: process.env.PATH, HOME: folder } };
		for (const file of ["config.hcl", ".teller.yml"]) {
			const { status, stderr, stdout } = launchSync(["init", "--dry-run", "--from", file], options);
			expect({ file, status, isWarned: /warn: left out: /.test(stderr) }).toEqual({
				file,
				status: 0,
				isWarned: true,
			});
			expect(stdout + stderr).not.toContain(SENTINEL);
		}
	});

	it.skipIf(ADDRESS === "")("makes a map by which a run has what the other tool had", async () => {
		await askVault(ADDRESS, "POST", "secret/data/init/foreign", {
			data: { "api-key": SENTINEL, user: "me" },
		});
		const config = `upcase = true\nsanitize = true\nsecret {\n  path = "secret/data/init/foreign"\n  format = "app_{{ key }}"\n  no_prefix = true\n}\n`;
		const { folder } = await initIn({ "config.hcl": config }, ["--from", "config.hcl"]);
		const { status, stdout } = launchSync(["--", "sh", "-c", 'echo "$APP_API_KEY $APP_USER"'], {
			cwd: folder,
			env: {
				PATH: process.env.PATH,
				HOME: folder,
				VAULT_ADDR: ADDRESS,
				VAULT_TOKEN: ROOT_TOKEN,
				VAULT_NAMESPACE: "dsta",
			},
		});
		expect({ status, stdout }).toEqual({ status: 0, stdout: `${SENTINEL} me\n` });
	});

	it("begins with the line by which an editor finds the schema of the package, or says how to get it", async () => {
		const folder = mkdtempSync(join(tmpdir(), "dsta-run-init-"));
		mkdirSync(join(folder, "node_modules/dsta-run/dist"), { recursive: true });
		mkdirSync(join(folder, "app"));
		writeFileSync(join(folder, "node_modules/dsta-run/dist/schema.json"), "{}");
		writeFileSync(join(folder, "app/.env"), "SECRET_KEY=x\n");
		const { stdout } = await runHere(init, ["init", "--dry-run"], { cwd: join(folder, "app") });
		expect(stdout).toMatch(
			/^# yaml-language-server: \$schema=\.\.\/node_modules\/dsta-run\/dist\/schema\.json\n/,
		);
		const { file } = await initIn({ ".env": "SECRET_KEY=x\n" });
		expect(readFileSync(file, "utf8")).toMatch(/^# For an editor: dsta-run schema > (\S+), .*\$schema=\1\n/);
	});

	it("never overwrites a map unless told so, and only shows it with --dry-run", async () => {
		const files = { ".env": "SECRET_KEY=x\n", "secrets.map.yaml": "a/b: KEPT\n" };
		const refused = await initIn(files);
		expect(refused).toMatchObject({ status: 64, stdout: "" });
		expect(readFileSync(refused.file, "utf8")).toBe("a/b: KEPT\n");
		const shown = await initIn(files, ["--dry-run"]);
		expect(shown.stdout).toContain("  app/secret_key: SECRET_KEY\n");
		expect(readFileSync(shown.file, "utf8")).toBe("a/b: KEPT\n");
		expect((await initIn(files, ["--force"])).map).toContain("  app/secret_key: SECRET_KEY");
		const other = await initIn(files, ["-m", "other.yaml"]);
		expect(readFileSync(join(other.folder, "other.yaml"), "utf8")).toBe(shown.stdout);
	});

	it.each<[string, Readonly<Record<string, string>>, readonly string[], number, string]>([
		["there is no source", {}, [], 66, ".env does not exist"],
		[
			"an environment is not named",
			{ "secrets.yml": "a:\n  A: !var b/c\nb:\n  A: !var b/c\n" },
			["--from", "secrets.yml"],
			64,
			"--section a",
		],
		[
			"an environment is none of them",
			{ "secrets.yml": "a:\n  A: !var b/c\n" },
			["--from", "secrets.yml", "--section", "z"],
			64,
			'"z" is none of them',
		],
		[
			"there are no environments",
			{ "secrets.yml": "A: !var b/c\n" },
			["--from", "secrets.yml", "--section", "z"],
			64,
			"has no environments",
		],
		["--section is for another kind", { ".env": "A=b\n" }, ["--section", "z"], 64, "is of the kind dotenv"],
		["the kind is none", { ".env": "A=b\n" }, ["--kind", "nope"], 64, "one of dotenv envconsul"],
		["nothing could be made of it", { ".env": "NODE_ENV=x\n" }, [], 65, "No line of a map"],
		[
			"HCL is broken",
			{ "c.hcl": `secret {\n  path = ${SENTINEL}\n}\n` },
			["--from", "c.hcl"],
			78,
			"c.hcl:2: this is no HCL",
		],
		[
			"HCL is not closed",
			{ "c.hcl": 'secret { path = "a/b"' },
			["--from", "c.hcl"],
			78,
			"c.hcl:1: this is no HCL",
		],
		[
			"YAML is broken",
			{ "secrets.yml": `A: !var a/b\n  - ${SENTINEL}: [\n` },
			["--from", "secrets.yml"],
			78,
			"secrets.yml:1:4: wrong indentation",
		],
		[
			"a line of vaultenv is none",
			{ v: `a/b#c\n${SENTINEL}\n` },
			["--from", "v", "--kind", "vaultenv"],
			78,
			"v:2: this is neither path#key",
		],
		[
			"chamber is not called",
			{ "run.sh": "exec node\n" },
			["--from", "run.sh", "--kind", "chamber"],
			78,
			"has no line with chamber exec",
		],
		["a line of the .env is none", { ".env": `${SENTINEL} is none\n` }, [], 78, ".env:1:"],
	])("says so where %s", async (_, files, args, status, words) => {
		const made = await initIn(files, args);
		expect(made.status).toBe(status);
		expect(made.stderr).toContain(words);
		expect(made.stderr).toMatch(/\n {2}fix: /);
		expect(existsSync(made.file)).toBe(false);
	});
});
