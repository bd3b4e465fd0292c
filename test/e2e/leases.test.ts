import { describe, it } from "vitest";
import {
	type Answer,
	type Call,
	type FakeVault,
	type Program,
	type Reply,
	refusal,
	startFakeVault,
} from "../backends/vault/fake-vault.ts";
import { type Ended, folderWith, launch } from "../process/launch.ts";

const PATH = "database/creds/app";
const MAP = `${PATH}#username: { env: DB_USER, vault: { engine: raw } }\n`;
const MAP_WITH_LOGIN = [
	"vault: { revoke: true, auth: { method: userpass, username: ci, password: { env: LOGIN_PASSWORD } } }",
	"secrets:",
	`  ${MAP}`,
].join("\n");
const TOKEN = "s3ntinel-token";
const PASSWORD = "s3ntinel-password";

/** What the server does with a lease. */
interface Situation {
	readonly lease?: object;
	/** What it answers to a renewal, by its number from 1. */
	readonly renewal?: (count: number) => Reply;
	readonly revocation?: Reply | Program;
	/** Whether the token comes from a login, and is to be revoked at the end. */
	readonly isLoggedIn?: boolean;
	readonly tokenRevocation?: Reply;
	readonly map?: string;
	readonly args?: readonly string[];
}

const TERM = { lease_duration: 1, renewable: true };
const LEASE = { lease_id: `${PATH}/L1`, ...TERM };
const ALIVE: Answer = { body: { ...LEASE, data: null } };

function startServer({
	lease = {},
	renewal = () => ALIVE,
	revocation = { status: 204 },
	tokenRevocation = { status: 204 },
}: Situation): Promise<FakeVault> {
	return startFakeVault((call, count) => {
		const { url } = call;
		if (url === "/v1/sys/leases/renew") return renewal(count);
		if (url === "/v1/sys/leases/revoke")
			return typeof revocation === "function" ? revocation(call, count) : revocation;
		if (url === "/v1/auth/userpass/login/ci") return { body: { auth: { client_token: TOKEN, ...TERM } } };
		if (url === "/v1/auth/token/renew-self") return { body: { data: null, auth: TERM } };
		if (url === "/v1/auth/token/revoke-self") return tokenRevocation;
		if (url?.startsWith(`/v1/${PATH}`))
			return { body: { ...LEASE, ...lease, data: { username: "v-app", password: PASSWORD } } };
		return refusal(404);
	});
}

interface Running {
	readonly vault: FakeVault;
	/** Resolves when a text has come on standard error. */
	warned(text: string): Promise<void>;
	/** Resolves after so many renewals. */
	renewed(count: number): Promise<void>;
	kill(signal: NodeJS.Signals): void;
	readonly ended: Promise<Ended>;
	/** Lets the command end by itself. */
	finish(): Promise<Ended>;
}

/** Runs a command that waits for the end of its input. */
async function withCommand(situation: Situation, act: (running: Running) => Promise<Ended>) {
	await using vault = await startServer(situation);
	const folder = folderWith(situation.map ?? (situation.isLoggedIn ? MAP_WITH_LOGIN : MAP));
	const command = situation.args ?? ["--", "sh", "-c", "echo user=$DB_USER; exec cat"];
	const { child, ended } = launch(folder, command, {
		VAULT_ADDR: vault.url,
		VAULT_TOKEN: situation.isLoggedIn ? "" : TOKEN,
		LOGIN_PASSWORD: PASSWORD,
		VAULT_NAMESPACE: "team",
	});
	let stderr = "";
	child.stderr?.on("data", (chunk) => (stderr += chunk));
	const end = await act({
		vault,
		async warned(text) {
			while (!stderr.includes(text)) await new Promise((resolve) => child.stderr?.once("data", resolve));
		},
		async renewed(count) {
			while (renewalsOf(vault).length < count) await vault.nextCall();
		},
		kill: (signal) => void child.kill(signal),
		ended,
		finish() {
			child.stdin?.end();
			return ended;
		},
	});
	return { ...end, calls: [...vault.calls] };
}

const renewalsOf = ({ calls }: Pick<FakeVault, "calls">) => calls.filter(({ url }) => url.endsWith("/renew"));
const urlsOf = (calls: readonly Call[]) => calls.map(({ url }) => url);
const revocationsOf = (calls: readonly Call[]) => calls.filter(({ url }) => url.endsWith("/revoke"));

describe.concurrent("the lease of what a command gets", () => {
	it("is renewed before its time is over, again and again, and revoked after the command", async ({
		expect,
	}) => {
		const lease = { lease_duration: 2 };
		const renewal = () => ({ body: { ...LEASE, ...lease } });
		const { calls, ...end } = await withCommand({ lease, renewal }, async ({ finish, renewed }) => {
			await renewed(3);
			return finish();
		});
		expect(end).toEqual({ status: 0, signal: null, stdout: "user=v-app\n", stderr: "" });
		const [first] = renewalsOf({ calls });
		expect(JSON.parse(first?.text ?? "")).toEqual({ lease_id: LEASE.lease_id, increment: 2 });
		expect(first).toMatchObject({ method: "POST", headers: { "x-vault-namespace": "team" } });
		expect(revocationsOf(calls).map(({ text }) => JSON.parse(text))).toEqual([{ lease_id: LEASE.lease_id }]);
		expect(calls.filter(({ url }) => url.endsWith(PATH))).toHaveLength(1);
	});

	it("ends with the token of a login, which is renewed as well, and revoked alone", async ({ expect }) => {
		const { calls, status, stderr } = await withCommand({ isLoggedIn: true }, async ({ finish, vault }) => {
			while (!urlsOf(vault.calls).includes("/v1/auth/token/renew-self")) await vault.nextCall();
			return finish();
		});
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
		const urls = urlsOf(calls);
		expect(urls.slice(0, 2)).toEqual(["/v1/auth/userpass/login/ci", `/v1/${PATH}`]);
		expect(urls.filter((url) => url.endsWith("/revoke-self"))).toHaveLength(1);
		expect(revocationsOf(calls)).toEqual([]);
	});

	it("is revoked by itself where the token of a login cannot be", async ({ expect }) => {
		const tokenRevocation = refusal(403, "permission denied");
		const situation = { isLoggedIn: true, tokenRevocation };
		const { calls, stderr } = await withCommand(situation, ({ finish }) => finish());
		expect(stderr).toContain("the token of the login to Vault was not revoked");
		expect(revocationsOf(calls)).toHaveLength(1);
	});

	it("is revoked where a signal ends the command, which gets it at once", async ({ expect }) => {
		const { calls, ...end } = await withCommand(
			{ renewal: () => "silence" },
			async ({ ended, kill, renewed }) => {
				await renewed(1);
				kill("SIGTERM");
				return ended;
			},
		);
		expect(end).toMatchObject({ signal: "SIGTERM", stderr: "" });
		expect(revocationsOf(calls)).toHaveLength(1);
	});

	it("is revoked where the command is not started for another reason", async ({ expect }) => {
		const map = `${MAP}none/such/secret: { env: NONE, backend: vault }\n`;
		const { calls, status } = await withCommand({ map }, ({ finish }) => finish());
		expect({ status, revocations: revocationsOf(calls).length }).toEqual({ status: 66, revocations: 1 });
	});

	it.for<[string, string[]]>([
		["check", ["check"]],
		["explain", ["explain"]],
		["get", ["get", `${PATH}#username`]],
	])("is revoked at the end of %s", async ([_what, args], { expect }) => {
		const { calls, status } = await withCommand({ args }, ({ finish }) => finish());
		expect({ status, revocations: revocationsOf(calls).length }).toEqual({ status: 0, revocations: 1 });
	});

	it.for<[what: string, situation: Situation, message: RegExp, renewals: number]>([
		[
			"can be renewed no further",
			{ lease: { lease_duration: 2 }, renewal: () => ({ body: { ...LEASE, lease_duration: 1 } }) },
			/the lease of database\/creds\/app ends in 1 s and cannot be renewed: its longest life is reached\n {2}fix: .*max_ttl/,
			1,
		],
		[
			"is not renewable",
			{ lease: { renewable: false } },
			/app ends in 1 s and cannot be renewed: it is not renewable/,
			0,
		],
		[
			"may not be renewed",
			{ renewal: () => refusal(403, "permission denied") },
			/cannot be renewed: Permission denied: Vault refused to update sys\/leases\/renew in namespace team\n {2}fix: .*"update"/,
			1,
		],
		[
			"is not known any more",
			{ renewal: () => refusal(400, "lease not found") },
			/app has ended and cannot be renewed: Vault does not know it any more/,
			1,
		],
		[
			"is over by the server's word",
			{ renewal: () => ({ body: { ...LEASE, lease_duration: 0 } }) },
			/app has ended and cannot be renewed/,
			1,
		],
		[
			"is refused in words that are not shown",
			{ renewal: () => refusal(400, `failed to renew: postgres://u:${PASSWORD}@db`) },
			/cannot be renewed: Vault at \S+ refuses to renew it \(HTTP 400\)/,
			1,
		],
	])(
		"is told of once where it %s, and the command goes on",
		async ([_what, situation, message, renewals], { expect }) => {
			const { calls, stderr, status } = await withCommand(situation, async ({ finish, warned }) => {
				await warned("fix: ");
				return finish();
			});
			expect(stderr).toMatch(message);
			expect(stderr.match(/warn:/g)).toHaveLength(1);
			expect(stderr).not.toContain("s3ntinel");
			expect({ status, renewals: renewalsOf({ calls }).length }).toEqual({ status: 0, renewals });
			expect(revocationsOf(calls)).toHaveLength(1);
		},
	);

	it.for<[string, Reply]>([
		["500", refusal(500, `postgres://u:${PASSWORD}@db`)],
		["no HTTP", { raw: "", after: "reset" }],
		["429", refusal(429)],
	])(
		"is renewed at the next attempt after %s, which one warning tells",
		async ([_what, failure], { expect }) => {
			// A busy machine is to have time for the second attempt.
			const lease = { lease_duration: 3 };
			const renewal = (count: number) => (count === 1 ? failure : { body: { ...LEASE, ...lease } });
			const { stderr, status } = await withCommand({ lease, renewal }, async ({ finish, renewed }) => {
				await renewed(3);
				return finish();
			});
			expect(stderr).toMatch(
				/^dsta-run: warn: the lease of database\/creds\/app could not be renewed and is tried again; it ends in/,
			);
			expect(stderr.match(/warn:/g)).toHaveLength(1);
			expect(stderr).not.toContain("s3ntinel");
			expect(status).toBe(0);
		},
	);

	it("is told of when its time is over and no attempt has succeeded", async ({ expect }) => {
		const renewal = () => ({ status: 502, body: "<html></html>" });
		const { stderr } = await withCommand({ renewal }, async ({ finish, warned }) => {
			await warned("has ended");
			return finish();
		});
		expect(stderr.match(/warn: .*/g)).toEqual([
			expect.stringContaining("could not be renewed and is tried again"),
			expect.stringContaining("has ended and cannot be renewed: Vault not available: HTTP 502"),
		]);
	});

	it("ends by itself where it may not be revoked, which a warning says", async ({ expect }) => {
		const revocation = refusal(403, "permission denied");
		const { status, stderr } = await withCommand({ revocation }, ({ finish }) => finish());
		expect(status).toBe(0);
		expect(stderr).toMatch(
			/^dsta-run: warn: the lease of database\/creds\/app could not be revoked, and ends by itself: Permission denied: .* sys\/leases\/revoke .*\n {2}fix: .*path "sys\/leases\/revoke" \{ capabilities = \["update"\] \}/,
		);
	});

	it("is revoked by another attempt where the first gets no answer", async ({ expect }) => {
		const revocation: Program = (_, count) => (count === 1 ? "silence" : { status: 204 });
		const { calls, status, stderr } = await withCommand({ revocation }, ({ finish }) => finish());
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
		expect(revocationsOf(calls)).toHaveLength(2);
	});

	it("is one of a few that the warning names, where many cannot be revoked", async ({ expect }) => {
		const entries = Array.from(
			{ length: 9 },
			(_, n) => `  ${PATH}${n}#username: { env: U${n}, vault: { engine: raw } }`,
		);
		const map = `secrets:\n${entries.join("\n")}\n`;
		const revocation = refusal(403, "permission denied");
		const { stderr } = await withCommand({ map, revocation }, ({ finish }) => finish());
		expect(stderr).toMatch(
			/the leases of database\/creds\/app\d, database\/creds\/app\d and 7 more could not be revoked/,
		);
	});

	it("holds up no end for long where its server has gone silent", async ({ expect }) => {
		const start = performance.now();
		const { status, stderr } = await withCommand({ revocation: "silence" }, ({ finish }) => finish());
		expect(status).toBe(0);
		expect(stderr).toMatch(
			/could not be revoked, and ends by itself: Vault not available: no answer in time/,
		);
		expect(performance.now() - start).toBeLessThan(10_000);
	});

	it("is the command's in exec mode, where a warning says that nobody renews or revokes it", async ({
		expect,
	}) => {
		const args = ["--exec", "--", "sh", "-c", "echo user=$DB_USER; exec cat"];
		const { calls, ...end } = await withCommand({ args, lease: { lease_duration: 7300 } }, ({ finish }) =>
			finish(),
		);
		expect(end).toMatchObject({ status: 0, stdout: "user=v-app\n" });
		expect(end.stderr).toMatch(
			/^dsta-run: warn: in exec mode nobody is left to renew and to revoke the lease of database\/creds\/app \(ends in 2 h\)\n {2}fix: Use --spawn/,
		);
		expect([...renewalsOf({ calls }), ...revocationsOf(calls)]).toEqual([]);
	});

	it("is revoked in exec mode where the command cannot be started", async ({ expect }) => {
		const { calls, status } = await withCommand({ args: ["--exec", "--", "/none"] }, ({ finish }) =>
			finish(),
		);
		expect({ status, revocations: revocationsOf(calls).length }).toEqual({ status: 127, revocations: 1 });
	});
});
