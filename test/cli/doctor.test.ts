import { chmodSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { doctor } from "../../src/cli/commands/doctor.ts";
import { folderWith, launch } from "../process/launch.ts";
import { startHttp } from "../servers/http.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";
import { runHere } from "./in-process.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const MOTO = process.env.DSTA_TEST_MOTO ?? "";
const MAP = "doctor/app/key: APP_KEY\ndoctor/db/password: DB_PASSWORD\n";
const ONE = "doctor/app/key: APP_KEY";
const LENT = "database/creds/app#password: { env: LENT, vault: { engine: raw } }";
const AWS = { AWS_ACCESS_KEY_ID: "s3ntinelkey", AWS_SECRET_ACCESS_KEY: "s3ntinel", AWS_ENDPOINT_URL: MOTO };

interface Finding {
	readonly check: string;
	readonly severity: string;
	readonly message: string;
	readonly cure?: string;
	readonly path?: string;
}

async function examine(env: NodeJS.ProcessEnv, map = MAP, args: readonly string[] = []) {
	const options = { cwd: folderWith(map), env: { VAULT_MAX_RETRIES: "0", AWS_MAX_ATTEMPTS: "1", ...env } };
	const { status, stderr, stdout } = await runHere(doctor, ["doctor", "--json", ...args], options);
	expect(stdout + stderr).not.toMatch(/s3ntinel|root-token/);
	expect(stderr).toBe("");
	const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] };
	return { status, findings, errors: findings.filter(({ severity }) => severity === "error") };
}

const tokens = new Map<string, string>();
const withToken = (name: string) => ({ VAULT_ADDR: ADDRESS, VAULT_TOKEN: tokens.get(name) ?? name });

describe.skipIf(ADDRESS === "" || MOTO === "")("dsta-run doctor", () => {
	beforeAll(async () => {
		await askVault(ADDRESS, "POST", "secret/data/doctor/app", { data: { key: "s3ntinel" } });
		await askVault(ADDRESS, "POST", "secret/data/doctor/db", { data: { password: "s3ntinel" } });
		const grants = { narrow: ["doctor/app"], whole: ["doctor/app", "doctor/db"] };
		for (const [name, paths] of Object.entries(grants)) {
			const policy = paths.map((path) => `path "secret/data/${path}" { capabilities = ["read"] }`).join("\n");
			await askVault(ADDRESS, "POST", `sys/policies/acl/doctor-${name}`, { policy });
			const body = { policies: [`doctor-${name}`], ttl: "30m" };
			const { auth } = await askVault(ADDRESS, "POST", "auth/token/create", body);
			tokens.set(name, (auth as { client_token: string }).client_token);
		}
	});

	it("finds nothing wrong where all is well, and says what it has looked at", async () => {
		const { errors, findings, status } = await examine(withToken("whole"));
		expect({ errors, status }).toEqual({ errors: [], status: 0 });
		const wells = findings.filter(({ severity }) => severity === "ok").map(({ check }) => check);
		expect(wells).toEqual(
			expect.arrayContaining([
				...["program", "map", "files", "variables", "history", "env.answers", "secrets"],
				...["server", "clock", "token", "namespace", "kv", "capabilities"].map((name) => `vault.${name}`),
			]),
		);
		expect(findings).toContainEqual(
			expect.objectContaining({ check: "vault.token", message: expect.stringMatching(/ends in \d+ min/) }),
		);
	});

	// Each situation has the findings that lead out of it, and no other errors: what follows from them is not told.
	it.each<[string, NodeJS.ProcessEnv, string, readonly (readonly [string, RegExp, RegExp])[]]>([
		[
			"nobody listens",
			{ VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: "s3ntinel" },
			MAP,
			[["vault.server", /Connection refused/, /VAULT_ADDR is http:\/\/127\.0\.0\.1:1/]],
		],
		["there is no token", { VAULT_ADDR: ADDRESS }, MAP, [["vault.token", /no token/, /Set VAULT_TOKEN/]]],
		[
			"the token is over",
			{ VAULT_ADDR: ADDRESS, VAULT_TOKEN: "s3ntinel" },
			MAP,
			[["vault.token", /does not accept the token/, /make a new one/]],
		],
		[
			"the namespace is wrong",
			{ VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN, VAULT_NAMESPACE: "prod" },
			MAP,
			[["vault.token", /has no namespace prod/, /VAULT_NAMESPACE/]],
		],
		[
			"a path has a typo",
			{ VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN },
			"doctor/app/kee: APP_KEY\n",
			[
				[
					"secrets",
					/^Secret not found: doctor\/app\/kee .*vault has nothing at/,
					/vault kv get secret\/doctor\/app/,
				],
			],
		],
		[
			"the map has mistakes",
			{},
			"a/b/c: 1A\na/b/d: { env: B, defualt: x }\n",
			[
				["map", /:1:8: "1A" is no variable name/, /Correct/],
				["map", /:2:18: unknown key "defualt"; did you mean "default"/, /Correct/],
			],
		],
		[
			"the map has a mistake and nobody listens",
			{ VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: "s3ntinel" },
			"a/b/c: 1A\n",
			[
				["map", /:1:8: "1A" is no variable name/, /Correct/],
				["vault.server", /Connection refused/, /VAULT_ADDR is http:\/\/127\.0\.0\.1:1/],
			],
		],
		["no region is set", AWS, MAP, [["aws.access", /has no region/, /export AWS_REGION=/]]],
		[
			"nothing is configured",
			{},
			"a/b/c: A\n",
			[["secrets", /^Secret not found: a\/b\/c/, /Set A in the environment.*VAULT_ADDR/]],
		],
	])("leads to the cure where %s", async (_, env, map, expected) => {
		const { errors, status } = await examine(env, map);
		expect(status).toBe(1);
		expect(errors).toEqual(
			expected.map(([check, message, cure]) =>
				expect.objectContaining({
					check,
					message: expect.stringMatching(message),
					cure: expect.stringMatching(cure),
				}),
			),
		);
	});

	it.each([
		["its policy goes on to where the secrets are", MAP, { APP_KEY: "a", DB_PASSWORD: "b" }, "warning"],
		["strict lets nobody go on", `strict: true\nsecrets: { ${ONE} }\n`, { APP_KEY: "a" }, "error"],
		["another engine was not tried", `secrets: { ${ONE}, ${LENT} }\n`, { APP_KEY: "a" }, "error"],
	])("finds a backend that is down as bad as a run does where %s", async (_, map, values, severity) => {
		const env = { VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: "s3ntinel", ...values };
		const { findings, status } = await examine(env, map);
		expect(status).toBe(severity === "error" ? 1 : 0);
		expect(findings.filter(({ message }) => message.includes("Connection refused"))).toEqual([
			expect.objectContaining({ check: "vault.server", severity }),
		]);
	});

	it.each(["narrow", ROOT_TOKEN])(
		"says the namespace of each command of vault that it advises",
		async (token) => {
			const { findings } = await examine(withToken(token));
			const cures = findings.flatMap(({ check, cure = "" }) => (check.startsWith("vault.") ? [cure] : []));
			expect(cures.join("\n")).toMatch(/\| VAULT_NAMESPACE=dsta vault policy write dsta-policy -/);
			expect(cures.join("\n")).not.toMatch(/(?<!VAULT_NAMESPACE=\S* )\bvault [a-z]/);
		},
	);

	it("names each path that the token may not read, by one question for all", async () => {
		const { errors } = await examine(withToken("narrow"));
		expect(errors.map(({ check, path }) => [check, path])).toEqual([
			["vault.capabilities", "secret/data/doctor/db"],
		]);
		expect(errors[0]?.cure).toMatch(/Where path and mount are right.*dsta-run policy vault/);
	});

	it.each([
		["narrow", /^the token sees no secrets engine at secrt\/ in namespace dsta, but one at secret\/$/],
		[ROOT_TOKEN, /has no secrets engine at secrt\/ in namespace dsta$/],
	])("tells a mount that is not there from a policy that is too narrow: %s", async (name, message) => {
		const map =
			"vault: { mount: secrt }\nsecrets:\n  doctor/app/key: APP_KEY\n  doctor/db/password: DB_PASSWORD\n";
		const { errors, findings } = await examine(withToken(name), map);
		expect(findings).not.toContainEqual(expect.objectContaining({ check: "vault.capabilities" }));
		expect(errors).toEqual([
			expect.objectContaining({
				check: "vault.kv",
				message: expect.stringMatching(message),
				cure: expect.stringContaining("vault.mount"),
			}),
		]);
	});

	it("warns of metadata that the token may not read, where a run watches", async () => {
		const secrets = "secrets:\n  doctor/app/key: APP_KEY\n  doctor/db/password: DB_PASSWORD\n";
		const warnings = async (map: string) =>
			(await examine(withToken("whole"), map)).findings
				.filter(({ check, severity }) => check === "vault.capabilities" && severity === "warning")
				.map(({ message }) => message);
		expect(await warnings(`run: { watch: 30s }\n${secrets}`)).toEqual([
			expect.stringContaining("may not read secret/metadata/doctor/app and 1 more"),
		]);
		expect(await warnings(secrets)).toEqual([]);
	});

	it("says which token is refused where nothing else names it", async () => {
		const cwd = folderWith(MAP);
		writeFileSync(join(cwd, ".vault-token"), "s3ntinel", { mode: 0o600 });
		const { stdout } = await runHere(doctor, ["doctor"], { cwd, env: { VAULT_ADDR: ADDRESS } });
		expect(stdout).toMatch(/does not accept the token in ~\/\.vault-token$/m);
	});

	it("says nothing is well that is not: a file that is none, an engine that nobody sees", async () => {
		const cwd = folderWith(MAP);
		writeFileSync(join(cwd, ".env"), "no assignment\n", { mode: 0o600 });
		const { stdout } = await runHere(doctor, ["doctor"], { cwd, env: {} });
		expect(stdout).toMatch(/^error .*\.env:1: this is neither/m);
		expect(stdout).not.toContain("env answers");
		await using server = await startHttp((request, response) => {
			response.writeHead(request.url?.startsWith("/v1/secret/") === true ? 404 : 200);
			response.end(
				JSON.stringify({ initialized: true, sealed: false, data: {}, errors: ["no handler for route"] }),
			);
		});
		const { findings } = await examine({ VAULT_ADDR: server.url, VAULT_TOKEN: "s3ntinel" });
		expect(findings).toContainEqual(expect.objectContaining({ check: "vault.kv", severity: "info" }));
	});

	it("tells a token of another namespace", async () => {
		const { errors } = await examine({ ...withToken("whole"), VAULT_NAMESPACE: "" });
		expect(errors).toEqual([
			expect.objectContaining({
				check: "vault.token",
				cure: expect.stringMatching(/^Set VAULT_NAMESPACE to dsta, or/),
			}),
		]);
	});

	it.each<[string, RequestListener, string, RegExp, RegExp]>([
		[
			"is sealed",
			(request, response) => {
				const isHealth = request.url?.startsWith("/v1/sys/health") === true;
				response.writeHead(isHealth ? 200 : 503);
				response.end(
					JSON.stringify(isHealth ? { initialized: true, sealed: true } : { errors: ["Vault is sealed"] }),
				);
			},
			"vault.server",
			/is sealed/,
			/vault operator unseal/,
		],
		[
			"has another time",
			(_, response) => {
				response.sendDate = false;
				response.setHeader("Date", new Date(Date.now() - 3_600_000).toUTCString());
				response.end(
					JSON.stringify({
						initialized: true,
						sealed: false,
						data: { key: "s3ntinel", password: "s3ntinel" },
					}),
				);
			},
			"vault.clock",
			/clock of this machine is 36\d\d s ahead/,
			/Set the clock right/,
		],
	])("leads to the cure where a server %s", async (_, listener, check, message, cure) => {
		await using server = await startHttp(listener);
		const map = `vault: { kv: 1 }\nsecrets:\n  ${MAP.trim().replace("\n", "\n  ")}\n`;
		const { errors } = await examine({ VAULT_ADDR: server.url, VAULT_TOKEN: "s3ntinel" }, map);
		expect(errors.filter((one) => one.check === check)).toEqual([
			expect.objectContaining({ message: expect.stringMatching(message), cure: expect.stringMatching(cure) }),
		]);
	});

	it("tells what should have been rotated by now", async () => {
		const map =
			"secrets:\n  doctor/app/key: { env: APP_KEY, rotate: { every: 1ms } }\n  doctor/db/password: { env: P, rotate: { every: 90d } }\n";
		const { errors, findings } = await examine(withToken(ROOT_TOKEN), map);
		expect(errors).toEqual([]);
		expect(findings.filter(({ check }) => check === "rotation")).toEqual([
			expect.objectContaining({
				severity: "warning",
				path: "doctor/app/key",
				cure: expect.stringContaining("dsta-run rotate --due"),
			}),
		]);
	});

	it("knows who we are at AWS", async () => {
		const { findings } = await examine({ ...AWS, AWS_REGION: "us-east-1" });
		expect(findings).toContainEqual(
			expect.objectContaining({
				check: "aws.identity",
				message: expect.stringMatching(/^AWS knows us as arn:aws:/),
			}),
		);
	});

	it("looks at files, the history of shells and variables, and shows none of what is in them", async () => {
		const folder = folderWith(
			"vault: { address: https://vault.test }\nsecrets:\n  a/b/c: { env: A, backend: env }\n",
		);
		writeFileSync(join(folder, ".env"), "A=s3ntinel-in-file\n");
		chmodSync(join(folder, ".env"), 0o644);
		const history = [
			...["export VAULT_TOKEN=s3ntinel", "A=s3ntinel npm start", "dsta-run put a/b c=s3ntinel"],
			// These hold none.
			...[
				"export A=$(pass a)",
				"dsta-run put a/b c=-",
				"dsta-run put a/b c=@file",
				"echo $A",
				"A= npm start",
			],
		];
		writeFileSync(join(folder, ".bash_history"), history.join("\n"));
		const env = { A: "s3ntinel", VAULT_ADDR: "https://other.test", BAO_ADDR: "https://third.test" };
		const { status, stdout } = await runHere(doctor, ["doctor"], { cwd: folder, env });
		expect(stdout).not.toContain("s3ntinel");
		expect(status).toBe(0);
		for (const line of [
			/^warning files +\S+\/\.env holds secrets, and its mode 0644 lets in every user of this machine\n +fix: chmod 600 \S+\.env$/m,
			/^warning history +\S+\/\.bash_history seems .* line 1: VAULT_TOKEN=, line 2: A=, line 3: dsta-run put KEY=VALUE\n/m,
			/^warning variables +VAULT_ADDR and BAO_ADDR differ, and VAULT_ADDR is used$/m,
			/^warning variables +VAULT_ADDR is set, and beats vault\.address in the map$/m,
			/^warning variables +A is set in the environment, which beats another value in \.env$/m,
		])
			expect(stdout).toMatch(line);
	});

	it("runs in both builds, and ends with 1 where a run would fail", async () => {
		const env = { VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: "s3ntinel" };
		const { status, stderr, stdout } = await launch(folderWith(MAP), ["doctor"], env).ended;
		expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
		expect(stdout).toMatch(/^error +vault\.server +Vault not available: Connection refused/m);
	});
});
