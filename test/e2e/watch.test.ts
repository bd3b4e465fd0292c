import { mkdtempSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "vitest";
import { KEYS } from "../backends/aws/backend.ts";
import { ask, motoAddress } from "../backends/aws/moto.ts";
import { startFakeVault } from "../backends/vault/fake-vault.ts";
import { type Ended, folderWith, launch } from "../process/launch.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const VAULT = { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN };

/** A command that says what it was given and by whom it was started, and ends at TERM as it should. */
const COMMAND = "trap 'exit 0' TERM; echo \"got $VALUE$MORE from $PPID\"; while :; do sleep 0.02; done";

interface Watched {
	readonly pid: number | undefined;
	said(text: string): Promise<void>;
	/** Resolves when a text has come so often on standard error. */
	warned(text: string, times?: number): Promise<void>;
	kill(signal: NodeJS.Signals): void;
	readonly ended: Promise<Ended>;
}

interface Play {
	/** Lines of the map under `secrets:`. */
	readonly secrets: string;
	/** More settings under `run:`. */
	readonly run?: string;
	readonly env?: NodeJS.ProcessEnv;
	readonly command?: string;
	readonly folder?: string;
	readonly args?: readonly string[];
}

function mapWith({ run = "", secrets }: Play): string {
	const watch = run.includes("watch:") ? "" : ", watch: 50ms";
	return `run: { settle: 20ms, probation: 200ms${watch}${run} }\nsecrets:\n${secrets}`;
}

/** Runs a command that follows its secrets, until it is told to end. */
async function watching(play: Play, act: (watched: Watched) => Promise<void>): Promise<Ended> {
	const { args = ["--log-level", "debug"], command = COMMAND, env = VAULT } = play;
	const folder = play.folder ?? folderWith("");
	writeFileSync(join(folder, "secrets.map.yaml"), mapWith(play));
	const { child, ended, said } = launch(folder, [...args, "--", "sh", "-c", command], env);
	let stderr = "";
	child.stderr?.on("data", (chunk) => (stderr += chunk));
	const gone = ended.then(({ stderr, stdout }) => {
		throw new Error(`It ended too early:\n${stdout}\n${stderr}`);
	});
	gone.catch(() => undefined);
	await act({
		pid: child.pid,
		said: (text) => Promise.race([said(text), gone]),
		async warned(text, times = 1) {
			while (stderr.split(text).length <= times)
				await Promise.race([new Promise((resolve) => child.stderr?.once("data", resolve)), gone]);
		},
		kill: (signal) => void child.kill(signal),
		ended,
	});
	child.kill("SIGTERM");
	return ended;
}

const put = (secret: string, data: object) =>
	askVault(ADDRESS, "POST", `secret/data/watch/${secret}`, { data });

/** A way to Vault that can be closed and opened again. */
async function startGate(): Promise<{ readonly address: string; close(): void; open(): Promise<void> }> {
	const { hostname, port } = new URL(ADDRESS);
	let server: Server;
	let own = 0;
	const sockets = new Set<{ destroy(): unknown }>();
	const open = () =>
		new Promise<void>((resolve) => {
			server = createServer((socket) => {
				const onward = connect(Number(port), hostname);
				for (const end of [socket, onward]) {
					sockets.add(end);
					end.on("error", () => undefined);
				}
				socket.pipe(onward).pipe(socket);
			}).listen(own, "127.0.0.1", () => {
				own = (server.address() as AddressInfo).port;
				resolve();
			});
		});
	await open();
	return {
		address: `http://127.0.0.1:${own}`,
		open,
		close() {
			server.close();
			for (const socket of sockets) socket.destroy();
			sockets.clear();
		},
	};
}

const SAME = "no value is another one";

describe.skipIf(ADDRESS === "")("a command that follows its secrets", { concurrent: true }, () => {
	it("is started anew with a changed value, by the same launcher, and not for another field", async ({
		expect,
	}) => {
		await put("plain", { key: "1", other: "1" });
		const end = await watching({ secrets: "  watch/plain/key: VALUE\n" }, async ({ pid, said, warned }) => {
			await said(`got 1 from ${pid}\n`);
			await warned(SAME);
			await put("plain", { key: "1", other: "2" });
			await warned(SAME, 2);
			await put("plain", { key: "2", other: "2" });
			await said(`got 2 from ${pid}\n`);
		});
		expect(end.stdout.match(/^got/gm)).toHaveLength(2);
		expect(end.stderr).toContain(
			"dsta-run: warn: changed: watch/plain/key (vault, version 2 → 3); starting the command anew\n",
		);
		expect(end).toMatchObject({ status: 0, signal: null });
	});

	it("goes on while its backend is down, with what that had, and follows it afterwards", async ({
		expect,
	}) => {
		await put("down", { key: "1", other: "o" });
		const gate = await startGate();
		const folder = folderWith("");
		const env = { ...VAULT, VAULT_ADDR: gate.address, VAULT_MAX_RETRIES: "0" };
		const secrets =
			"  watch/down/key: VALUE\n  watch/down/other: OTHER\n  watch/here/key_one: { env: MORE, backend: env }\n";
		const write = (lines: string) => writeFileSync(join(folder, ".env"), lines);
		write("MORE=a\n");
		const end = await watching({ secrets, env, folder }, async ({ said, warned }) => {
			await said("got 1a ");
			await warned(SAME);
			gate.close();
			// Another value of one entry, and one that could stand in for the other.
			write("MORE=b\nVALUE=stale\n");
			await warned("changes there are not seen meanwhile");
			await warned("is not taken over");
			await gate.open();
			await said("got 1b ");
			await warned("warn: all backends answer again");
			await put("down", { key: "2", other: "o" });
			await said("got 2b ");
		});
		gate.close();
		expect(end.stdout.match(/^got \S+/gm)).toEqual(["got 1a", "got 1b", "got 2b"]);
		expect(end.stderr.match(/not seen meanwhile/g)).toHaveLength(1);
		expect(end.stderr.match(/is not taken over/g)).toHaveLength(1);
		expect(end.stderr).toContain("Vault not available: Connection refused");
		expect(end.stderr).not.toContain("Secret not found");
	});

	it("finds its files written anew when it gets a signal, and keeps its variables", async ({ expect }) => {
		await put("file", { key: "1", more: "a" });
		const secrets = [
			"  watch/file/key: { env: VALUE, as: file, on_change: { signal: HUP } }",
			"  watch/file/more: { env: MORE, on_change: ignore }\n",
		].join("\n");
		const command =
			"trap 'exit 0' TERM; trap 'echo \"read $(cat $VALUE)$MORE\"' HUP; echo \"got $(cat $VALUE)\"; while :; do sleep 0.02; done";
		const end = await watching({ secrets, command }, async ({ said }) => {
			await said("got 1\n");
			await put("file", { key: "2", more: "b" });
			await said("read 2a\n");
		});
		expect(end.stdout).toBe("got 1\nread 2a\n");
		expect(end.stderr).toContain("warn: the command keeps the old MORE:");
		expect(end.stderr).toContain("sending the command HUP");
	});

	it("runs a hook with the new values, whose output is no output of the command", async ({ expect }) => {
		await put("hook", { key: "1" });
		const hook = ", on_change: { exec: [sh, -c, 'echo \"hook $VALUE for $DSTA_CHANGED\"; exit 3'] }";
		const end = await watching(
			{ secrets: "  watch/hook/key: VALUE\n", run: hook },
			async ({ said, warned }) => {
				await said("got 1 ");
				await put("hook", { key: "2" });
				await warned("ended with status 3");
			},
		);
		expect(end.stdout.match(/^got \S+|^hook/gm)).toEqual(["got 1"]);
		expect(end.stderr).toMatch(/^hook 2 for VALUE$/m);
	});

	it("is left alone for a value that is none, told of once, and takes the next one", async ({ expect }) => {
		await put("type", { key: "1" });
		const secrets = "  watch/type/key: { env: VALUE, type: int }\n";
		const end = await watching({ secrets }, async ({ said, warned }) => {
			await said("got 1 ");
			await put("type", { key: "s3ntinel" });
			await warned("is not taken over");
			await put("type", { key: "2" });
			await said("got 2 ");
		});
		expect(end.stdout.match(/^got \S+/gm)).toEqual(["got 1", "got 2"]);
		expect(end.stderr.match(/is not taken over/g)).toHaveLength(1);
		expect(end.stderr).not.toContain("s3ntinel");
	});

	it("gets its values back where it fails with new ones, which are not tried again", async ({ expect }) => {
		await put("crash", { key: "1", other: "1" });
		const command = `echo "try $VALUE"; [ "$VALUE" != bad ] || exit 7; ${COMMAND}`;
		const end = await watching(
			{ secrets: "  watch/crash/key: VALUE\n", command },
			async ({ said, warned }) => {
				await said("got 1 ");
				await put("crash", { key: "bad", other: "1" });
				await warned("runs with the previous values again: it ended with status 7");
				// Another version with the same value.
				await put("crash", { key: "bad", other: "2" });
				await warned("that were refused");
				await put("crash", { key: "2", other: "2" });
				await said("got 2 ");
			},
		);
		expect(end.stdout.match(/^try \S+/gm)).toEqual(["try 1", "try bad", "try 1", "try 2"]);
	});

	it("keeps a value that its backend has no more, unless the map says otherwise", async ({ expect }) => {
		await put("gone", { key: "1" });
		const secrets = "  watch/gone/key: { env: VALUE, default: none }\n";
		await put("followed", { key: "1" });
		const [kept, followed] = await Promise.all([
			watching({ secrets }, async ({ said, warned }) => {
				await said("got 1 ");
				await askVault(ADDRESS, "DELETE", "secret/data/watch/gone");
				await warned("vault has no watch/gone/key any more: the values stay as they are");
				await put("gone", { key: "2" });
				await said("got 2 ");
			}),
			watching(
				{ secrets: secrets.replace("gone", "followed"), run: ", on_absent: change" },
				async ({ said }) => {
					await said("got 1 ");
					await askVault(ADDRESS, "DELETE", "secret/data/watch/followed");
					await said("got none ");
				},
			),
		]);
		expect(kept.stdout.match(/^got \S+/gm)).toEqual(["got 1", "got 2"]);
		expect(kept.stderr.match(/any more/g)).toHaveLength(1);
		expect(followed.status).toBe(0);
	});

	it("reads its map anew at a signal; a broken one changes nothing", async ({ expect }) => {
		await put("map", { key: "1", more: "a" });
		const secrets = "  watch/map/key: VALUE\n";
		const run = ", reload_signal: HUP, on_change: restart";
		const folder = folderWith("");
		const write = (lines: string) =>
			writeFileSync(join(folder, "secrets.map.yaml"), mapWith({ run, secrets: lines }));
		const end = await watching({ secrets, run, folder }, async ({ kill, said, warned }) => {
			await said("got 1 ");
			write("  watch/map/key: { env: VALUE, tipe: int }\n  watch/map/more: 5x\n");
			kill("SIGHUP");
			await warned("secrets.map.yaml:4:");
			await warned(SAME);
			kill("SIGHUP");
			await warned("secrets.map.yaml:4:", 2);
			kill("SIGHUP");
			await warned("secrets.map.yaml:4:", 3);
			write(`${secrets}  watch/map/more: MORE\n`);
			kill("SIGHUP");
			await said("got 1a ");
		});
		expect(end.stdout.match(/^got \S+/gm)).toEqual(["got 1", "got 1a"]);
		expect(end.stderr).toMatch(/secrets\.map\.yaml:3:\d+.*tipe/);
		expect(end.status).toBe(0);
	});

	it("is stopped for good where the map wants dsta-run to end", async ({ expect }) => {
		await put("exit", { key: "1" });
		const run = ", on_change: { exit: 42 }";
		const { status, stdout } = await watching(
			{ secrets: "  watch/exit/key: VALUE\n", run },
			async ({ ended, said }) => {
				await said("got 1 ");
				await put("exit", { key: "2" });
				await ended;
			},
		);
		expect({ status, starts: stdout.match(/^got/gm)?.length }).toEqual({ status: 42, starts: 1 });
	});

	it("follows a dotenv file, with the option alone", async ({ expect }) => {
		const folder = folderWith("");
		const write = (value: string) => writeFileSync(join(folder, ".env"), `VALUE=${value}\n`);
		write("1");
		const secrets = "  watch/env/key_one: VALUE\n";
		const options = { args: ["--watch-interval", "50ms"], run: ", watch: off", env: {} };
		const end = await watching({ secrets, folder, ...options }, async ({ said }) => {
			await said("got 1 ");
			write("2");
			await said("got 2 ");
		});
		expect(end.status).toBe(0);
	});

	it.skipIf(motoAddress() === "")("follows AWS", async ({ expect }) => {
		const env = { ...KEYS, AWS_ENDPOINT_URL: motoAddress() };
		await ask("CreateSecret", { Name: "dsta/watch/aws", SecretString: '{"key":"1"}' }).catch(() => undefined);
		await ask("PutSecretValue", { SecretId: "dsta/watch/aws", SecretString: '{"key":"1"}' });
		const end = await watching(
			{ secrets: "  watch/aws/key: { env: VALUE, backend: aws }\n", env },
			async ({ said }) => {
				await said("got 1 ");
				await ask("PutSecretValue", { SecretId: "dsta/watch/aws", SecretString: '{"key":"2"}' });
				await said("got 2 ");
			},
		);
		expect(end).toMatchObject({ status: 0, signal: null });
	});

	it("gets what is borrowed anew when a lease ends", async ({ expect }) => {
		let count = 0;
		const lease = { lease_duration: 1, renewable: false };
		await using vault = await startFakeVault(({ url }) => {
			if (!url.startsWith("/v1/database/creds/app")) return { status: 204 };
			count++;
			return { body: { ...lease, lease_id: `database/creds/app/L${count}`, data: { name: `u${count}` } } };
		});
		const secrets = "  database/creds/app#name: { env: VALUE, vault: { engine: raw } }\n";
		const env = { ...VAULT, VAULT_ADDR: vault.url };
		const end = await watching({ secrets, env }, ({ said }) => said("got u2 "));
		expect(end.status).toBe(0);
		const revoked = vault.calls
			.filter(({ url }) => url.endsWith("/revoke"))
			.map(({ text }) => JSON.parse(text));
		expect(revoked).toContainEqual({ lease_id: "database/creds/app/L2" });
	});

	it("is not started where it would take the place of dsta-run", async ({ expect }) => {
		const folder = mkdtempSync(join(tmpdir(), "dsta-run-test-"));
		const { status, stderr } = await watching(
			{ secrets: "  a/b/key: VALUE\n", folder, args: ["--exec", "--watch"] },
			async ({ ended }) => void (await ended),
		);
		expect({ status, stderr }).toEqual({ status: 69, stderr: expect.stringContaining("run.watch") });
	});
});
