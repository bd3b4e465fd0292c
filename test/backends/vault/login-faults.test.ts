import { createHash, createHmac } from "node:crypto";
import { mkdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { BackendContext, WritableBackend } from "../../../src/backends/backend.ts";
import { signalAfter } from "../../../src/backends/deadline.ts";
import { request } from "../aws/backend.ts";
import { harmlessFailure, openBackend, readAll, SENTINELS } from "./backend.ts";
import { type Program, type Reply, refusal, secretV2, startFakeVault } from "./fake-vault.ts";
import { fileWith } from "./logins.ts";

const { signal } = new AbortController();
const APPROLE = { VAULT_ROLE_ID: "role", VAULT_SECRET_ID: "sentinel-secret-id" };
const JWT = { method: "jwt", role: "ci", token: { env: "CI_JWT" } };
const CI_JWT = "sentinel.json.webtoken";
const LOGGED_IN = { body: { auth: { client_token: SENTINELS.token } } };

/** Answers a login, and every other question with a secret. */
function answering(login: Reply | Program): Program {
	return (call, count) => {
		if (!call.url.startsWith("/v1/auth/")) return secretV2({ c: "v" });
		return typeof login === "function" ? login(call, count) : login;
	};
}

/** A backend that must log in. */
function open(address: string, env: Record<string, string>, auth?: object): WritableBackend & Disposable {
	const settings = (auth === undefined ? {} : { auth }) as BackendContext["settings"];
	return openBackend(address, { VAULT_TOKEN: "", ...env }, { settings });
}

describe("one login", () => {
	it("serves all who ask at once, and goes without any token", async () => {
		await using vault = await startFakeVault(answering(LOGGED_IN));
		using backend = open(vault.url, { ...APPROLE, VAULT_NAMESPACE: "team" });
		const paths = Array.from({ length: 100 }, (_, index) => `a/b${index}/c`);
		expect(await readAll(backend, paths)).toHaveLength(100);
		await backend.read(request("a/later/c"), signal);
		const [login, ...reads] = vault.calls;
		expect(login).toMatchObject({ method: "POST", url: "/v1/auth/approle/login" });
		expect(JSON.parse(login?.text ?? "")).toEqual({ role_id: "role", secret_id: "sentinel-secret-id" });
		expect(login?.headers).toMatchObject({ "x-vault-namespace": "team", "x-vault-request": "true" });
		expect(login?.headers).not.toHaveProperty("x-vault-token");
		expect(reads).toHaveLength(101);
		expect(new Set(reads.map(({ headers }) => headers["x-vault-token"]))).toEqual(new Set([SENTINELS.token]));
	});

	it("fails once for all of them", async () => {
		await using vault = await startFakeVault(answering(refusal(400, "invalid role or secret ID")));
		using backend = open(vault.url, APPROLE);
		const reads = ["a/b/c", "d/e/f"].map((path) => harmlessFailure(backend.read(request(path), signal)));
		const [first, second] = await Promise.all(reads);
		expect(second?.message).toBe(first?.message);
		expect(vault.calls).toHaveLength(1);
	});

	it("goes on for who waits while another gives up, and ends when nobody waits", async () => {
		const { promise: answer, resolve } = Promise.withResolvers<Reply>();
		await using vault = await startFakeVault(answering(() => answer));
		using backend = open(vault.url, APPROLE);
		const [impatient, patient] = [new AbortController(), new AbortController()];
		const given = backend.read(request("a/b/c"), impatient.signal);
		const kept = backend.read(request("a/b/c"), patient.signal);
		await vault.nextCall();
		impatient.abort();
		expect((await harmlessFailure(given)).code).toBe("DSTA_TIMEOUT");
		resolve(LOGGED_IN);
		expect(await kept).toMatchObject({ value: "v" });
	});

	it.each([
		["VAULT_TOKEN", { VAULT_TOKEN: SENTINELS.token, ...APPROLE }, JWT],
		["BAO_TOKEN", { BAO_TOKEN: SENTINELS.token, ...APPROLE }, JWT],
	])("is not made where there is %s", async (_what, env, auth) => {
		await using vault = await startFakeVault(answering(LOGGED_IN));
		using backend = open(vault.url, env, auth);
		await backend.read(request("a/b/c"), signal);
		expect(vault.calls.map(({ url }) => url)).toEqual(["/v1/secret/data/a/b"]);
	});

	it.each<[string, Record<string, string>, object | undefined, string]>([
		["what the map says", { CI_JWT, ...APPROLE, VAULT_TOKEN_FILE: "/none" }, JWT, "/v1/auth/jwt/login"],
		[
			"VAULT_AUTH_METHOD",
			{ ...APPROLE, VAULT_AUTH_METHOD: "jwt", VAULT_JWT_FILE: fileWith("x") },
			undefined,
			"/v1/auth/jwt/login",
		],
		["VAULT_ROLE_ID", { ...APPROLE, VAULT_AUTH_PATH: "ci" }, undefined, "/v1/auth/ci/login"],
		["OpenBao's names", { BAO_ROLE_ID: "x", BAO_SECRET_ID: "y" }, undefined, "/v1/auth/approle/login"],
	])("is by %s before any other", async (_what, env, auth, url) => {
		await using vault = await startFakeVault(answering(LOGGED_IN));
		using backend = open(vault.url, env, auth);
		await backend.read(request("a/b/c"), signal);
		expect(vault.calls[0]?.url).toBe(url);
	});
});

describe("a login that fails", () => {
	// The last column: how often it is sent, once unless the server has certainly not begun with it.
	it.each<[string, Reply | Program, string, RegExp, number?]>([
		[
			"is refused",
			refusal(400, "invalid role or secret ID"),
			"DSTA_DENIED",
			/refused the login by approle at auth\/approle\/: invalid role or secret ID$/,
		],
		[
			"is refused, and the refusal repeats it",
			refusal(400, "no Sentinel-secret-ID"),
			"DSTA_DENIED",
			/: no …$/,
		],
		[
			"wants a second factor",
			{ body: { auth: { client_token: "", mfa_requirement: {} } } },
			"DSTA_DENIED",
			/: it asks for a second factor$/,
		],
		[
			"is refused in the words for what is not there",
			(_, count) => (count === 1 ? refusal(403, "permission denied") : refusal(400, "missing role_id")),
			"DSTA_DENIED",
			/: permission denied$/,
		],
		[
			"finds no mount",
			refusal(403, "permission denied"),
			"DSTA_CONFIG",
			/has no login by approle at auth\/approle\/$/,
		],
		[
			"finds no mount, of which the server tells",
			refusal(404, 'no handler for route "auth/approle/login"'),
			"DSTA_CONFIG",
			/has no login by approle/,
		],
		["finds no namespace", refusal(404, "namespace not found"), "DSTA_CONFIG", /has no namespace/],
		[
			"is stopped by a proxy",
			{ status: 403, body: "<html>" },
			"DSTA_DENIED",
			/answers HTTP 403, and not as Vault does$/,
		],
		["meets a sealed server", refusal(503, "Vault is sealed"), "DSTA_UNAVAILABLE", /is sealed$/],
		["is one too many", refusal(429, "rate limit"), "DSTA_UNAVAILABLE", /too many requests/, 3],
		["meets a server that fails", refusal(500, "internal error"), "DSTA_UNAVAILABLE", /HTTP 500/],
		["meets HTML", { body: "<html>" }, "DSTA_UNAVAILABLE", /answer that is not Vault's/],
		["brings no token", { body: { auth: null } }, "DSTA_UNAVAILABLE", /answer that is not Vault's/],
		[
			"brings what is none",
			{ body: { auth: { client_token: "sentinel\r\nX-Injected: 1" } } },
			"DSTA_UNAVAILABLE",
			/answer that is not Vault's/,
		],
		[
			"is sent elsewhere",
			{ status: 307, headers: { Location: "http://other.example.com/" } },
			"DSTA_UNAVAILABLE",
			/redirects to http:\/\/other.example.com/,
		],
		[
			"is cut off",
			{ raw: "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", after: "end" },
			"DSTA_UNAVAILABLE",
			/cut short/,
		],
	])("because it %s", async (_what, reply, code, message, sends = 1) => {
		await using vault = await startFakeVault(answering(reply));
		using backend = open(vault.url, APPROLE);
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe(code);
		expect(error.message).toMatch(message);
		expect(vault.calls.filter(({ text }) => text.includes("sentinel"))).toHaveLength(sends);
		expect(vault.calls.filter(({ url }) => !url.startsWith("/v1/auth/"))).toEqual([]);
	});

	it("is given up at the deadline", async () => {
		await using vault = await startFakeVault(answering("silence"));
		using backend = open(vault.url, APPROLE);
		const error = await harmlessFailure(backend.read(request("a/b/c"), AbortSignal.timeout(300)));
		expect(error).toMatchObject({ code: "DSTA_TIMEOUT", path: "auth/approle/login" });
	});

	it.each([
		["sent again where its credentials can be used again", JWT, { raw: "", after: "reset" }, 3],
		["sent once where they may be used up", undefined, { raw: "", after: "reset" }, 1],
		["sent again after an answer that may change, where it can be", JWT, refusal(503, "busy"), 3],
	] as const)("is %s", async (_what, auth, reply, count) => {
		await using vault = await startFakeVault(answering(reply));
		using backend = open(vault.url, { ...APPROLE, CI_JWT }, auth);
		expect((await harmlessFailure(backend.read(request("a/b/c"), signal))).code).toBe("DSTA_UNAVAILABLE");
		expect(vault.calls).toHaveLength(count);
	});

	it("is sent again where it lost to another, however seldom a request may be", async () => {
		let lost = 0;
		const lose = () => (lost++ < 3 ? refusal(500, "transaction commit failed") : LOGGED_IN);
		await using vault = await startFakeVault(answering(lose));
		using backend = open(vault.url, { ...APPROLE, VAULT_MAX_RETRIES: "0" });
		expect(await backend.read(request("a/b/c"), signal)).toMatchObject({ value: "v" });
	});

	it("is told at once where Retry-After asks for more time than there is", async () => {
		await using vault = await startFakeVault(
			answering({ ...refusal(429, "rate limit"), headers: { "Retry-After": "60" } }),
		);
		using backend = open(vault.url, APPROLE);
		const error = await harmlessFailure(backend.read(request("a/b/c"), signalAfter(4_000)));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toMatch(/too many requests .*, ask again in 60 s/);
		expect(vault.calls).toHaveLength(1);
	});

	it("is made again in time where it gets no answer and its credentials can be used again", async () => {
		await using vault = await startFakeVault(answering((_, count) => (count === 1 ? "silence" : LOGGED_IN)));
		using backend = open(vault.url, { CI_JWT }, JWT);
		expect(await backend.read(request("a/b/c"), signalAfter(1_000))).toMatchObject({ value: "v" });
	});

	it("is made again by who asks later", async () => {
		await using vault = await startFakeVault(
			answering((_, count) => (count === 1 ? refusal(400, "no") : LOGGED_IN)),
		);
		using backend = open(vault.url, APPROLE);
		await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(await backend.read(request("a/b/c"), signal)).toMatchObject({ value: "v" });
	});
});

describe("half a login", () => {
	const folder = fileWith("").replace("secret", "folder");
	mkdirSync(folder);
	it.each<[string, Record<string, string>, object | undefined, RegExp]>([
		[
			"a role_id alone",
			{ VAULT_ROLE_ID: "x" },
			undefined,
			/^The login to Vault by approle has no secret_id: VAULT_SECRET_ID is not set$/,
		],
		[
			"a secret_id alone",
			{ VAULT_SECRET_ID: "sentinel" },
			undefined,
			/^The login to Vault by approle has no role_id: VAULT_ROLE_ID is not set$/,
		],
		[
			"a wrapped secret_id alone",
			{ VAULT_WRAPPED_TOKEN: "sentinel" },
			undefined,
			/has no role_id: VAULT_ROLE_ID is not set$/,
		],
		["an empty variable", {}, { method: "approle", roleId: { env: "CI" } }, /has no role_id: CI is not set$/],
		[
			"an empty file",
			{},
			{ method: "approle", roleId: { file: fileWith("\n") } },
			/has no role_id: \/.*secret is empty$/,
		],
		[
			"a file that is missing",
			{},
			{ method: "token_file", tokenFile: "none" },
			/has no token: \/none does not exist$/,
		],
		["a folder", {}, { method: "token_file", tokenFile: folder }, /folder cannot be read: EISDIR$/],
		[
			"a device",
			{},
			{ method: "token_file", tokenFile: "/dev/zero" },
			/zero cannot be read: no regular file$/,
		],
		[
			"a token of two lines",
			{ VAULT_TOKEN_FILE: fileWith("sentinel\n\n") },
			undefined,
			/The Vault token in .* holds characters that no token has$/,
		],
		[
			"a token with a control character",
			{ VAULT_TOKEN_FILE: fileWith("sentinel\u0007\n") },
			undefined,
			/holds characters that no token has$/,
		],
		[
			"a token beyond ASCII",
			{ VAULT_TOKEN_FILE: fileWith("sentinel-ü") },
			undefined,
			/holds characters that no token has$/,
		],
		[
			"a role_id with a line end in it",
			{ VAULT_ROLE_ID: "a\nb", VAULT_SECRET_ID: "sentinel" },
			undefined,
			/The role_id in VAULT_ROLE_ID holds characters that no role_id has$/,
		],
		[
			"kubernetes without a role",
			{ VAULT_AUTH_METHOD: "kubernetes" },
			undefined,
			/by kubernetes has no role: VAULT_ROLE is not set$/,
		],
		[
			"kubernetes outside of a pod",
			{},
			{ method: "kubernetes", role: "x" },
			/has no JSON web token: \/var\/run\/secrets\/kubernetes.io\/serviceaccount\/token does not exist$/,
		],
		[
			"jwt without a token",
			{ VAULT_AUTH_METHOD: "jwt" },
			undefined,
			/by jwt has no token: VAULT_JWT_FILE is not set$/,
		],
		[
			"userpass from the environment",
			{ VAULT_AUTH_METHOD: "userpass" },
			undefined,
			/by userpass has no username and password/,
		],
		[
			"command from the environment",
			{ VAULT_AUTH_METHOD: "command" },
			undefined,
			/by command has no command/,
		],
		[
			"a certificate without TLS",
			{ VAULT_AUTH_METHOD: "cert" },
			undefined,
			/by cert has no TLS: http:.* has none$/,
		],
		[
			"an unknown method",
			{ VAULT_AUTH_METHOD: "sentinal" },
			undefined,
			/^VAULT_AUTH_METHOD is no way to log in to Vault: "sentinal"$/,
		],
		[
			"a namespace that cannot be one",
			APPROLE,
			{ method: "approle", namespace: "a\nb" },
			/vault\.auth\.namespace holds characters/,
		],
		[
			"half of AWS's keys",
			{ AWS_ACCESS_KEY_ID: "x" },
			{ method: "aws" },
			/by aws was not made: AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not$/,
		],
	])("stops before anything is sent: %s", async (_what, env, auth, message) => {
		await using vault = await startFakeVault(answering(LOGGED_IN));
		using backend = open(vault.url, env, auth);
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_CONFIG");
		expect(error.message).toMatch(message);
		expect(error.cure).toMatch(/\w{3}/);
		expect(vault.connections.total).toBe(0);
	});

	it("stops before anything is sent: cert without a certificate", async () => {
		using backend = open("https://127.0.0.1:1", { VAULT_AUTH_METHOD: "cert" });
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_CONFIG");
		expect(error.message).toMatch(/by cert has no client certificate: VAULT_CLIENT_CERT is not set/);
	});
});

describe("a wrapped secret_id", () => {
	const env = { VAULT_ROLE_ID: "role", VAULT_WRAPPED_TOKEN: "sentinel-wrapping" };
	const wrapping =
		(unwrapped: Reply): Program =>
		(call, count) =>
			call.url.includes("unwrap") ? unwrapped : answering(LOGGED_IN)(call, count);

	it("is unwrapped by its own token, and then used", async () => {
		await using vault = await startFakeVault(
			wrapping({ body: { data: { secret_id: "sentinel-secret-id" } } }),
		);
		using backend = open(vault.url, env);
		await backend.read(request("a/b/c"), signal);
		const [unwrap, login] = vault.calls;
		expect(unwrap).toMatchObject({ method: "POST", url: "/v1/sys/wrapping/unwrap" });
		expect(unwrap?.headers["x-vault-token"]).toBe("sentinel-wrapping");
		expect(login?.headers).not.toHaveProperty("x-vault-token");
		expect(login?.text).toContain("sentinel-secret-id");
	});

	it("is asked for again where Vault has done nothing of it", async () => {
		let count = 0;
		await using vault = await startFakeVault((call, calls) =>
			wrapping(
				count++ === 0 ? refusal(429, "rate limit") : { body: { data: { secret_id: "sentinel-secret-id" } } },
			)(call, calls),
		);
		using backend = open(vault.url, env);
		expect(await backend.read(request("a/b/c"), signal)).toMatchObject({ value: "v" });
	});

	it.each<[string, Reply, string, RegExp]>([
		[
			"was used",
			refusal(400, "wrapping token is not valid or does not exist"),
			"DSTA_DENIED",
			/somebody else may have unwrapped/,
		],
		["is of something else", { body: { data: { token: "sentinel" } } }, "DSTA_DENIED", /holds no secret_id$/],
		["meets a sealed server", refusal(503, "Vault is sealed"), "DSTA_UNAVAILABLE", /is sealed$/],
		["gets no answer", { raw: "", after: "reset" }, "DSTA_UNAVAILABLE", /Connection reset/],
	])("whose wrapping token %s is asked for once", async (_what, reply, code, message) => {
		await using vault = await startFakeVault(wrapping(reply));
		using backend = open(vault.url, env);
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe(code);
		expect(error.message).toMatch(message);
		expect(vault.calls).toHaveLength(1);
	});
});

describe("a command that is to print a token", () => {
	const by = (script: string) => ({ method: "command", command: ["sh", "-c", script] });
	const env = { PATH: process.env.PATH ?? "", CI_TOKEN: SENTINELS.token };

	it("gives it", async () => {
		await using vault = await startFakeVault(answering(LOGGED_IN));
		using backend = open(vault.url, env, by('echo "$CI_TOKEN"'));
		await backend.read(request("a/b/c"), signal);
		expect(vault.calls.map(({ headers }) => headers["x-vault-token"])).toEqual([SENTINELS.token]);
	});

	it.each<[string, string, string, RegExp]>([
		[
			"fails",
			"echo sentinel; exit 3",
			"DSTA_UNAVAILABLE",
			/no token from the command sh, which ended with status 3$/,
		],
		["is killed", "kill -9 $$", "DSTA_UNAVAILABLE", /which was killed by SIGKILL$/],
		["prints nothing", ":", "DSTA_CONFIG", /which printed no token$/],
		[
			"prints two lines",
			"echo sentinel; echo x",
			"DSTA_CONFIG",
			/the output of sh holds characters that no token has$/,
		],
		["prints without end", "yes sentinel 2>/dev/null", "DSTA_CONFIG", /which printed more than 64 KiB$/],
	])("that %s is named by its first word alone", async (_what, script, code, message) => {
		using backend = open("http://127.0.0.1:1", env, by(script));
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe(code);
		expect(error.message).toMatch(message);
	});

	it("that does not exist is a mistake of the configuration", async () => {
		using backend = open("http://127.0.0.1:1", env, {
			method: "command",
			command: ["no-such-helper", "sentinel"],
		});
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error).toMatchObject({ code: "DSTA_CONFIG" });
		expect(error.message).toMatch(/command no-such-helper, which cannot be executed: ENOENT$/);
	});

	it("gives it where a daemon that it leaves behind holds its output open", async () => {
		await using vault = await startFakeVault(answering(LOGGED_IN));
		using backend = open(vault.url, env, by('setsid sleep 5 & echo "$CI_TOKEN"'));
		await backend.read(request("a/b/c"), AbortSignal.timeout(4000));
		expect(vault.calls.map(({ headers }) => headers["x-vault-token"])).toEqual([SENTINELS.token]);
	});

	it("that does not end is killed at the deadline", async () => {
		using backend = open("http://127.0.0.1:1", env, by("exec sleep 60"));
		const error = await harmlessFailure(backend.read(request("a/b/c"), AbortSignal.timeout(300)));
		expect(error.code).toBe("DSTA_TIMEOUT");
		expect(error.message).toMatch(/command sh, which did not end in time$/);
	});
});

describe("a login by AWS", () => {
	const keys = {
		AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
		AWS_SECRET_ACCESS_KEY: "sentinel-key",
		AWS_SESSION_TOKEN: "sentinel-session",
	};

	it.each([
		["the global endpoint", {}, "sts.amazonaws.com", "us-east-1"],
		["a region", { region: "eu-west-1" }, "sts.eu-west-1.amazonaws.com", "eu-west-1"],
		["a region in China", { region: "cn-north-1" }, "sts.cn-north-1.amazonaws.com.cn", "cn-north-1"],
	])("sends a signed question for its own name: to %s", async (_what, more, host, region) => {
		await using vault = await startFakeVault(answering(LOGGED_IN));
		const auth = { method: "aws", role: "api", header: "vault.example.com", ...more };
		using backend = open(vault.url, keys, auth);
		await backend.read(request("a/b/c"), signal);
		const { role, ...login } = JSON.parse(vault.calls[0]?.text ?? "");
		const [url, body, headers] = ["url", "body", "headers"].map((part) =>
			decode(login[`iam_request_${part}`]),
		) as [string, string, string];
		expect({ role, method: login.iam_http_request_method, url, body }).toEqual({
			role: "api",
			method: "POST",
			url: `https://${host}/`,
			body: "Action=GetCallerIdentity&Version=2011-06-15",
		});
		const signed = lowerCase(JSON.parse(headers));
		expect(signed).toMatchObject({
			host,
			"x-vault-aws-iam-server-id": "vault.example.com",
			"x-amz-security-token": "sentinel-session",
		});
		expect(signed.authorization).toBe(signatureOf(signed, body, { region, key: "sentinel-key" }));
		expect(signed.authorization).toMatch(/SignedHeaders=[^,]*;x-vault-aws-iam-server-id,/);
	});

	it("is not made without credentials", async () => {
		using backend = open("http://127.0.0.1:1", { AWS_EC2_METADATA_DISABLED: "true" }, { method: "aws" });
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toMatch(/^The login to Vault by aws was not made: Unable to locate credentials/);
	});
});

function decode(base64: string): string {
	return Buffer.from(base64, "base64").toString();
}

function lowerCase(headers: Record<string, string>): Record<string, string> {
	return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** The Authorization header that AWS expects: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html */
function signatureOf(
	headers: Record<string, string>,
	body: string,
	{ key, region }: { key: string; region: string },
): string {
	const hmac = (secret: string | Buffer, text: string) => createHmac("sha256", secret).update(text).digest();
	const hash = (text: string) => createHash("sha256").update(text).digest("hex");
	const names = Object.keys(headers)
		.filter((name) => name !== "authorization")
		.sort();
	const date = headers["x-amz-date"] as string;
	const scope = `${date.slice(0, 8)}/${region}/sts/aws4_request`;
	const canonical = [
		"POST",
		"/",
		"",
		...names.map((name) => `${name}:${headers[name]}`),
		"",
		names.join(";"),
		hash(body),
	];
	const text = ["AWS4-HMAC-SHA256", date, scope, hash(canonical.join("\n"))].join("\n");
	const signing = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${key}`);
	const signature = hmac(signing, text).toString("hex");
	return `AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
}
