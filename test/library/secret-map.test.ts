import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadSecretMap, resolveSecretMap, runCommand } from "../../src/index.ts";
import { refusal, secretV2, startFakeVault } from "../backends/vault/fake-vault.ts";

function folderWith(map: string, files: Readonly<Record<string, string>> = {}): string {
	const folder = mkdtempSync(join(tmpdir(), "dsta-run-library-"));
	for (const [name, text] of Object.entries({ "secrets.map.yaml": map, ...files }))
		writeFileSync(join(folder, name), text);
	return folder;
}

const MAP = `
secrets:
  app/db/user: { env: DB_USER, default: app }
  app/db/password: DB_PASSWORD
templates:
  DB_URL: db://\${app/db/user|url}:\${app/db/password|url}@host
`;

const LENT = "database/creds/app#username: { env: DB_USER, vault: { engine: raw } }\n";
const LEASE = { lease_id: "database/creds/app/L1", lease_duration: 1, renewable: true };

describe("a map in a program", () => {
	it("is resolved with its templates, its dotenv file and its defaults", async () => {
		const cwd = folderWith(MAP, { ".env": "DB_PASSWORD=a/b\n" });
		const map = await loadSecretMap(undefined, { cwd });
		expect(await resolveSecretMap(map, { cwd, env: {} })).toEqual({
			DB_USER: "app",
			DB_PASSWORD: "a/b",
			DB_URL: "db://app:a%2Fb@host",
		});
	});

	it("is one question to Vault for one secret, and nothing is given when something fails", async () => {
		await using vault = await startFakeVault(({ url }) =>
			url.includes("/db") ? secretV2({ user: "u", password: "p" }) : refusal(403, "permission denied"),
		);
		const env = { VAULT_ADDR: vault.url, VAULT_TOKEN: "t", VAULT_NAMESPACE: "" };
		const cwd = folderWith(MAP);
		const whole = await loadSecretMap("secrets.map.yaml", { cwd });
		expect(await resolveSecretMap(whole, { cwd, env })).toMatchObject({ DB_URL: "db://u:p@host" });
		expect(vault.calls).toHaveLength(1);
		const denied = await loadSecretMap(
			join(folderWith("app/db/user: A\napp/x/y: B\napp/v/w: C\n"), "secrets.map.yaml"),
		);
		await expect(resolveSecretMap(denied, { env, envFile: false })).rejects.toMatchObject({
			code: "DSTA_DENIED",
			message: expect.stringMatching(/secret\/data\/app\/x.*\n.*secret\/data\/app\/v/),
		});
	});

	it("gives what was lent as it is, and says that nobody looks after it", async () => {
		await using vault = await startFakeVault(() => ({ body: { ...LEASE, data: { username: "u" } } }));
		const env = { VAULT_ADDR: vault.url, VAULT_TOKEN: "t", VAULT_NAMESPACE: "" };
		const cwd = folderWith(LENT);
		const map = await loadSecretMap("secrets.map.yaml", { cwd });
		const warnings: string[] = [];
		const onWarning = (message: string) => warnings.push(message);
		const closed = vault.nextClose();
		expect(await resolveSecretMap(map, { cwd, env, onWarning })).toEqual({ DB_USER: "u" });
		await closed;
		expect(vault.calls.map(({ url }) => url)).toEqual(["/v1/database/creds/app"]);
		expect(warnings).toEqual([
			expect.stringMatching(
				/^after resolveSecretMap nobody is left to renew and to revoke the lease of database\/creds\/app \(ends in [01] s\)\. Start /,
			),
		]);
	});

	it("revokes what was lent where nothing is given", async () => {
		await using vault = await startFakeVault(({ url }) =>
			url.includes("/creds/") ? { body: { ...LEASE, data: { username: "u" } } } : refusal(403),
		);
		const env = { VAULT_ADDR: vault.url, VAULT_TOKEN: "t", VAULT_NAMESPACE: "" };
		const cwd = folderWith(`${LENT}a/b/c: C\n`);
		const map = await loadSecretMap("secrets.map.yaml", { cwd });
		const resolving = resolveSecretMap(map, { cwd, env, onWarning: () => undefined });
		await expect(resolving).rejects.toMatchObject({ code: "DSTA_DENIED" });
		expect(vault.calls.map(({ url }) => url)).toContain("/v1/sys/leases/revoke");
	});

	it("tells its mistakes, each with its place, and refuses files", async () => {
		await expect(
			loadSecretMap(join(folderWith("a/b: 1x\nc/d: X=Y\n"), "secrets.map.yaml")),
		).rejects.toMatchObject({
			code: "DSTA_MAP",
			message: expect.stringMatching(/:1:6: .*\n.*:2:6: /),
		});
		await expect(loadSecretMap("no.yaml")).rejects.toMatchObject({ code: "DSTA_FILE_NOT_FOUND" });
		const files = await loadSecretMap(join(folderWith("a/b: { env: A, as: file }\n"), "secrets.map.yaml"));
		await expect(resolveSecretMap(files, { env: {} })).rejects.toMatchObject({
			code: "DSTA_UNSUPPORTED",
			path: "a/b",
		});
	});

	it("takes a number of milliseconds alone as its deadline", async () => {
		const map = await loadSecretMap(join(folderWith("{}\n"), "secrets.map.yaml"));
		await expect(resolveSecretMap(map, { timeoutMs: Number.NaN })).rejects.toMatchObject({
			code: "DSTA_USAGE",
		});
	});

	it("is given up at a signal, with its reason, and passes nobody over for that", async () => {
		await using vault = await startFakeVault(() => "silence");
		const env = { VAULT_ADDR: vault.url, VAULT_TOKEN: "t", VAULT_NAMESPACE: "" };
		const map = await loadSecretMap(join(folderWith("a/b/c: C\n"), "secrets.map.yaml"));
		const controller = new AbortController();
		const warnings: string[] = [];
		const resolving = resolveSecretMap(map, {
			env,
			envFile: false,
			signal: controller.signal,
			onWarning: (message) => warnings.push(message),
		});
		await vault.nextCall();
		controller.abort(new Error("enough"));
		await expect(resolving).rejects.toThrow("enough");
		expect(warnings).toEqual([]);
	});
});

describe("a command run by a program", () => {
	const script = (text: string) => ["sh", "-c", text] as [string, ...string[]];

	it("has the secrets, and nothing that logs in to Vault", async () => {
		const map = await loadSecretMap(join(folderWith("a/b/c: SECRET\n"), "secrets.map.yaml"));
		const env = { ...process.env, SECRET: "s", VAULT_TOKEN: "t", VAULT_ADDR: "" };
		const text = '[ "$SECRET" = s ] && [ -z "$VAULT_TOKEN" ] && exit 7';
		expect(await runCommand(script(text), { map, env, envFile: false })).toEqual({
			exitCode: 7,
			signal: undefined,
		});
	});

	it("has what was lent renewed, hears where that fails, and has it revoked afterwards", async () => {
		const folder = folderWith(LENT);
		const renewed = join(folder, "renewed");
		await using vault = await startFakeVault(({ url }, count) => {
			if (url === "/v1/database/creds/app") return { body: { ...LEASE, data: { username: "u" } } };
			if (url === "/v1/sys/leases/revoke") return { status: 204 };
			if (count === 1) return { body: { ...LEASE, data: null } };
			writeFileSync(renewed, "");
			return refusal(400, "lease not found");
		});
		const map = await loadSecretMap("secrets.map.yaml", { cwd: folder });
		const env = { ...process.env, VAULT_ADDR: vault.url, VAULT_TOKEN: "t", VAULT_NAMESPACE: "" };
		const warnings: string[] = [];
		const text = `for i in $(seq 400); do [ -e ${renewed} ] && exit 7; sleep 0.01; done`;
		const onWarning = (message: string) => warnings.push(message);
		expect(await runCommand(script(text), { map, env, envFile: false, onWarning })).toMatchObject({
			exitCode: 7,
		});
		expect(vault.calls.map(({ url }) => url)).toEqual([
			"/v1/database/creds/app",
			"/v1/sys/leases/renew",
			"/v1/sys/leases/renew",
			"/v1/sys/leases/revoke",
		]);
		expect(warnings).toEqual([
			expect.stringMatching(
				/^the lease of database\/creds\/app ends in 1 s and cannot be renewed: .*\. See /,
			),
		]);
	});

	it("ends by the signal that kills it", async () => {
		const map = await loadSecretMap(join(folderWith("{}\n"), "secrets.map.yaml"));
		expect(await runCommand(script("kill -KILL $$"), { map })).toEqual({
			exitCode: undefined,
			signal: "SIGKILL",
		});
	});

	it("gets TERM, or the signal that was chosen, when the program wants it to end", async () => {
		const folder = folderWith("{}\n");
		const map = await loadSecretMap(join(folder, "secrets.map.yaml"));
		const controller = new AbortController();
		const ready = join(folder, "ready");
		const text = `trap 'kill $!; exit 9' HUP; sleep 60 & : > ${ready}; wait`;
		const running = runCommand(script(text), { map, signal: controller.signal, stopSignal: "SIGHUP" });
		while (!existsSync(ready)) await new Promise((resolve) => setTimeout(resolve, 5));
		controller.abort();
		expect(await running).toEqual({ exitCode: 9, signal: undefined });
	});

	it("is an error where there is none", async () => {
		const map = await loadSecretMap(join(folderWith("{}\n"), "secrets.map.yaml"));
		await expect(runCommand(["no-such-command-of-ours"], { map })).rejects.toMatchObject({
			code: "DSTA_COMMAND_NOT_FOUND",
		});
		await expect(runCommand(["/etc/passwd"], { map })).rejects.toMatchObject({ code: "DSTA_NOT_EXECUTABLE" });
	});
});
