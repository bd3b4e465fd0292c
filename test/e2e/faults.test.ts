import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { SENTINELS } from "../backends/vault/backend.ts";
import { mountAnswer, type Reply, refusal, secretV2, startFakeVault } from "../backends/vault/fake-vault.ts";
import { folderWith, LAUNCHER, launch, PYTHON } from "../process/launch.ts";
import { startBlackHole } from "../servers/black-hole.ts";

const FOLDER = folderWith("a/b/c: { env: C, backend: vault }\n");
const RUN = ["--", "echo", "started"];
/** Where nobody ever answers. */
const SHORT = ["--timeout", "1s", ...RUN];
const HTML = `<html>${SENTINELS.token} ${SENTINELS.value}</html>`;
const NAMESPACE = { VAULT_NAMESPACE: "" };

/** Runs against an address, and holds what goes for each fault: one error, about the path, and nothing secret. */
async function runAt(address: string, env: NodeJS.ProcessEnv = {}, args = RUN) {
	const whole = { VAULT_ADDR: address, VAULT_TOKEN: SENTINELS.token, ...NAMESPACE, ...env };
	const start = performance.now();
	const { status, stderr, stdout } = await launch(FOLDER, args, whole).ended;
	const seconds = (performance.now() - start) / 1000;
	const errors = stderr.split("\n").filter((line) => line.startsWith("dsta-run: error: "));
	expect({ stdout, errors }).toEqual({ stdout: "", errors: [expect.stringMatching(/for C\b|VAULT_/)] });
	expect(stderr).toMatch(/^ {2}fix: /m);
	expect(stderr).not.toContain("sentinel");
	return { status, error: errors[0], seconds };
}

describe("a run whose Vault", () => {
	it.each<[string, Reply, number, RegExp]>([
		[
			"has no such secret",
			refusal(404),
			66,
			/Secret not found: a\/b\/c .*vault has nothing at secret\/data\/a\/b/,
		],
		[
			"has an object in its place",
			secretV2({ c: { d: SENTINELS.value } }),
			65,
			/a\/b\/c.* \[DSTA_INVALID_VALUE\]$/,
		],
		[
			"refuses",
			refusal(403, "permission denied"),
			77,
			/Permission denied: Vault refused to read secret\/data\/a\/b/,
		],
		[
			"knows no such token",
			refusal(403, "invalid token"),
			77,
			/Permission denied: .* does not accept the token/,
		],
		[
			"stands behind a proxy that refuses",
			{ status: 403, body: HTML },
			77,
			/HTTP 403, and not as Vault does/,
		],
		["finds the question wrong", refusal(400, "missing client token"), 78, /wrong: missing client token/],
		["has no such mount", refusal(404, "no handler for route"), 78, /has no secrets engine at secret\//],
		["has no such namespace", refusal(404, "namespace not found"), 78, /has no namespace/],
		["is sealed", refusal(503, "Vault is sealed"), 75, /Vault not available: .* is sealed/],
		["is a standby", refusal(500, "local node not active"), 75, /Vault not available: .* is a standby/],
		[
			"wants more patience than there is time",
			{ ...refusal(429, "rate limit"), headers: { "Retry-After": "30" } },
			75,
			/Vault not available: too many requests \(HTTP 429\), ask again in 30 s/,
		],
		[
			"is a proxy's page",
			{ body: HTML },
			75,
			/Vault not available: HTTP 200 with an answer that is not Vault's/,
		],
		[
			"sends it elsewhere",
			{ status: 307, headers: { Location: "http://192.0.2.1/" } },
			75,
			/redirects to http:/,
		],
		["is silent", "silence", 75, /Vault not available: no answer in time/],
	])("%s ends with its status and one error", async (_what, reply, expected, words) => {
		await using vault = await startFakeVault(({ url }) => (url.includes("/sys/") ? mountAnswer(2) : reply));
		const { error, status } = await runAt(vault.url, {}, reply === "silence" ? SHORT : RUN);
		expect(error).toMatch(words);
		expect(status).toBe(expected);
	});

	it.each([
		["refuses connections", "http://127.0.0.1:1", {}, 75, /Vault not available: Connection refused/],
		["has no host", "http://vault.example.invalid", {}, 75, /Vault not available: Host name (?:not|could)/],
		["has an address without a scheme", "vault.example.com:8200", {}, 78, /VAULT_ADDR is no http/],
		[
			"gets a token that cannot be one",
			"http://127.0.0.1:1",
			{ VAULT_TOKEN: "sentinel\n2" },
			78,
			/VAULT_TOKEN/,
		],
		[
			"is to be asked nonsense times",
			"http://127.0.0.1:1",
			{ VAULT_MAX_RETRIES: "many" },
			78,
			/VAULT_MAX_RETRIES/,
		],
	])("%s ends likewise", async (_what, address, env, expected, words) => {
		const { error, status } = await runAt(address, env);
		expect(error).toMatch(words);
		expect(status).toBe(expected);
	});

	it("takes no connection and refuses none ends in time", async () => {
		using hole = await startBlackHole();
		const { error, seconds, status } = await runAt(hole.url, {}, SHORT);
		// Whoever is first where this machine has much to do: the request or the limit around it.
		expect(error).toMatch(/[Vv]ault not available: no answer (?:in time from |within \S+ \()http:/);
		expect(error).toContain(hole.url);
		expect(status).toBe(75);
		expect(seconds).toBeLessThan(5);
	});

	const namespace = ["-Urnm"];
	it.skipIf(spawnSync("unshare", [...namespace, "true"]).status !== 0)(
		"has a name that a silent name server does not tell ends in time",
		() => {
			const resolver = join(FOLDER, "resolv.conf");
			writeFileSync(resolver, "nameserver 127.0.0.1\n");
			const program = fileURLToPath(new URL("../servers/silent-dns.py", import.meta.url));
			const script = `mount --bind "$1" /etc/resolv.conf && shift && exec "$@"`;
			const words = [
				...namespace,
				"sh",
				"-c",
				script,
				"sh",
				resolver,
				PYTHON,
				program,
				...LAUNCHER,
				...SHORT,
			];
			const env = { PATH: process.env.PATH, VAULT_ADDR: "http://vault.example", VAULT_TOKEN: "t" };
			const start = performance.now();
			const { status, stderr, stdout } = spawnSync("unshare", words, { cwd: FOLDER, env, encoding: "utf8" });
			expect({ status, stdout }).toEqual({ status: 75, stdout: "" });
			expect(stderr).toContain("Vault not available: no answer in time from http://vault.example");
			// The system's own time for it is ten seconds and more.
			expect(performance.now() - start).toBeLessThan(6_000);
		},
	);
});
