import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseExposition } from "../observe/exposition.ts";
import {
	childrenOf,
	type Ended,
	folderWith,
	LAUNCHER,
	type Launch,
	launch,
	launchSync,
	nonBlockingStreams,
	PYTHON,
} from "../process/launch.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";

/** Vault has the first, AWS is down and the environment stands in for it, nobody has the others. */
const MAP = `
aws: { retries: 0 }
secrets:
  metered/app/key: FROM_VAULT
  metered/aws/key: { env: FROM_ENV, chain: [aws, env] }
  metered/none/key: { env: WITH_DEFAULT, default: s3ntinel-default, backend: env }
  metered/none/other: { env: OPTIONAL, optional: true, backend: env }
templates:
  URL: https://\${metered/app/key|url}@\${metered/app/host}/
`;
const ENV = {
	VAULT_ADDR: ADDRESS,
	VAULT_TOKEN: ROOT_TOKEN,
	AWS_REGION: "us-east-1",
	AWS_ACCESS_KEY_ID: "AKIAs3ntinel",
	AWS_SECRET_ACCESS_KEY: "s3ntinel-secret-key",
	AWS_ENDPOINT_URL: "http://127.0.0.1:1",
	FROM_ENV: "s3ntinel-of-env",
};
/** Says that it runs, and ends with status 3 at TERM. */
const COMMAND = ["sh", "-c", 'trap "exit 3" TERM; echo ready; read -r _'];

interface Answer {
	readonly status: number | undefined;
	readonly headers: IncomingHttpHeaders;
	readonly text: string;
}

interface Question {
	readonly port?: number;
	readonly socketPath?: string;
	readonly path: string;
	readonly method?: string;
	readonly headers?: Record<string, string>;
}

function ask(question: Question): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const asked = request({ host: "127.0.0.1", agent: false, ...question }, async (response) => {
			let text = "";
			for await (const chunk of response.setEncoding("utf8")) text += chunk;
			resolve({ status: response.statusCode, headers: response.headers, text });
		});
		asked.on("error", reject);
		asked.end();
	});
}

/** What a launcher says of the place where it serves. */
function servedAt({ child }: Launch): Promise<number> {
	return new Promise((resolve) => {
		let said = "";
		child.stderr?.on("data", (chunk) => {
			said += chunk;
			const [, port] = /metrics are served at http:\/\/127\.0\.0\.1:(\d+)\n/.exec(said) ?? [];
			if (port !== undefined) resolve(Number(port));
		});
	});
}

describe.skipIf(ADDRESS === "")("a run that serves its metrics", () => {
	const folder = folderWith(MAP);
	let run: Launch;
	let port = 0;
	let ended: Ended;
	const get = (path: string, question: Partial<Question> = {}) => ask({ port, path, ...question });

	beforeAll(async () => {
		await askVault(ADDRESS, "POST", "secret/data/metered/app", { data: { key: "s3ntinel-old", host: "h" } });
		await askVault(ADDRESS, "POST", "secret/data/metered/app", { data: { key: "s3ntinel-new", host: "h" } });
		const options = ["--metrics", "127.0.0.1:0", "--metrics-textfile", "nightly.prom", "--log-level", "info"];
		run = launch(folder, [...options, "--", ...COMMAND], ENV);
		[port] = await Promise.all([servedAt(run), run.said("ready")]);
	});

	afterAll(() => {
		run?.child.kill("SIGKILL");
	});

	it("gives Prometheus what it can read: who was asked, and what the command has", async () => {
		const { headers, status, text } = await get("/metrics");
		expect([status, headers["content-type"]]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
		const { series } = parseExposition(text);
		const named = (name: string) =>
			series.filter((one) => one.name === name).map(({ labels, value }) => ({ ...labels, value }));
		expect(named("secret_requests_total")).toEqual(
			expect.arrayContaining([
				{ backend: "vault", status: "found", value: 2 },
				{ backend: "aws", status: "unavailable", value: 1 },
				{ backend: "env", status: "found", value: 1 },
				{ backend: "env", status: "absent", value: 2 },
			]),
		);
		expect(named("secret_request_duration_seconds_count")).toContainEqual({ backend: "vault", value: 2 });
		expect(named("dsta_run_secrets")).toEqual([
			{ backend: "vault", condition: "fresh", value: 2 },
			{ backend: "env", condition: "fallback", value: 1 },
			{ backend: "default", condition: "fresh", value: 1 },
			{ backend: "none", condition: "fresh", value: 1 },
		]);
		expect(named("dsta_run_secret_read_timestamp_seconds")).toContainEqual({
			...{ path: "metered/app/key", backend: "vault", version: "2", condition: "fresh" },
			value: expect.closeTo(Date.now() / 1000, -2),
		});
		expect(named("dsta_run_command_up")).toEqual([{ value: 1 }]);
		expect(named("dsta_run_ready")).toEqual([{ value: 0 }]);
	});

	it("is alive, and ready only where nothing stands in for anything", async () => {
		expect(await get("/healthz")).toMatchObject({ status: 200, text: "ok\n" });
		const reason = "aws could not be asked, env has given it [DSTA_UNAVAILABLE]";
		const { status, text } = await get("/readyz");
		expect([status, JSON.parse(text)]).toEqual([
			503,
			{
				ready: false,
				backends: ["vault", "env"],
				reasons: [{ path: "metered/aws/key", reason }],
				outdated: [],
			},
		]);
		expect(await get("/readyz?stale=ok")).toMatchObject({ status: 200 });
		const health = launchSync(["health", "--json", "--metrics", String(port)], { cwd: folder, env: ENV });
		const error = `metered/aws/key: ${reason}`;
		expect([health.status, JSON.parse(health.stdout)]).toEqual([
			1,
			{ status: "unhealthy", backend: "vault, env", error },
		]);
	});

	it("tells which version of each secret the command has", async () => {
		const { secrets, ready } = JSON.parse((await get("/versions")).text);
		expect(ready).toBe(true);
		expect(secrets).toContainEqual({ path: "metered/app/key", backend: "vault", version: "2" });
		expect(secrets).toContainEqual({ path: "metered/app/host", backend: "vault", version: "2" });
		expect(secrets).toContainEqual({ path: "metered/aws/key", backend: "env" });
	});

	it("has a page for people, which can run and load nothing", async () => {
		const { headers, text } = await get("/");
		expect(headers["content-type"]).toBe("text/html; charset=utf-8");
		expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; style-src 'sha256-/);
		expect(text).toContain("<td>metered/app/key</td><td>vault</td><td>2</td><td>fresh</td>");
	});

	it.each(["/", "/metrics", "/healthz", "/readyz", "/versions"])("says no value at %s", async (path) => {
		const { headers, status, text } = await get(path);
		expect(status).toBeLessThan(504);
		expect(text.length).toBeGreaterThan(2);
		expect(JSON.stringify(headers) + text).not.toMatch(/s3ntinel/);
	});

	it("refuses what is no question, and one that another site has a browser ask", async () => {
		expect(await get("/etc/passwd")).toMatchObject({ status: 404 });
		expect(await get("/metrics", { method: "POST" })).toMatchObject({
			status: 405,
			headers: { allow: "GET, HEAD" },
		});
		expect(await get("/metrics", { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
		expect(await get("/metrics", { headers: { Host: "rebound.example" } })).toMatchObject({ status: 421 });
		expect(await get("/healthz", { headers: { Host: `localhost:${port}` } })).toMatchObject({ status: 200 });
		expect(await get("/healthz", { headers: { Cookie: "a".repeat(10_000) } })).toMatchObject({ status: 431 });
	});

	it("lets nobody hold it up: neither other questions, nor the signals, nor its end; and the command inherits no connection", async () => {
		const slow: Socket[] = [];
		for (let count = 0; count < 300; count++) {
			const socket = connect(port, "127.0.0.1").on("error", () => undefined);
			socket.write("GET /metrics HTTP/1.1\r\nHost: localhost\r\n");
			slow.push(socket);
		}
		await Promise.all(slow.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
		expect(await get("/healthz")).toMatchObject({ status: 200, headers: { connection: "close" } });
		const sockets = socketsOf(run.child.pid);
		expect(sockets.length).toBeGreaterThan(50);
		expect(sockets.length).toBeLessThan(100);
		expect(sockets.filter(({ isClosedOnExec }) => !isClosedOnExec)).toEqual([]);
		run.child.kill("SIGTERM");
		ended = await run.ended;
		expect(ended).toMatchObject({ status: 3, stdout: "ready\n" });
		for (const socket of slow) socket.destroy();
		await expect(get("/healthz")).rejects.toMatchObject({ code: "ECONNREFUSED" });
	});

	it("has left a file of its end for node_exporter, which any user may read", () => {
		const file = join(folder, "nightly.prom");
		expect(statSync(file).mode & 0o777).toBe(0o644);
		const text = readFileSync(file, "utf8");
		const { series } = parseExposition(text);
		expect(series.filter(({ labels }) => labels.run !== "nightly")).toEqual([]);
		const commandValue = (name: string) =>
			series.find((one) => one.name === `dsta_run_command_${name}`)?.value;
		expect([commandValue("exit_status"), commandValue("up")]).toEqual([3, 0]);
		expect(commandValue("end_timestamp_seconds")).toBeGreaterThan(
			commandValue("start_timestamp_seconds") ?? Infinity,
		);
		expect(text).not.toMatch(/s3ntinel/);
		expect(readdirSync(folder).sort()).toEqual(["nightly.prom", "secrets.map.yaml"]);
	});
});

describe.skipIf(ADDRESS === "")("a run that follows its secrets and serves its metrics", () => {
	it("tells of what it does not take over and of what is gone, and stays ready", async () => {
		const path = "metered/watched/port";
		const put = (data: object) => askVault(ADDRESS, "POST", "secret/data/metered/watched", { data });
		await put({ port: "1" });
		const map = `run: { watch: 50ms, settle: 10ms }\nsecrets: { ${path}: { env: PORT, type: int } }\n`;
		const options = ["--metrics", "127.0.0.1:0", "--log-level", "info"];
		const { child, ...run } = launch(folderWith(map), [...options, "--", ...COMMAND], ENV);
		const [port] = await Promise.all([servedAt({ child, ...run }), run.said("ready")]);
		const look = async () => JSON.parse((await ask({ port, path: "/readyz" })).text);
		const readings = async () => {
			const { series } = parseExposition((await ask({ port, path: "/metrics" })).text);
			const valuesOf = (name: string) => series.filter((one) => one.name === name);
			const [notTaken] = valuesOf("dsta_run_watch_not_taken");
			const [read] = valuesOf("dsta_run_secret_read_timestamp_seconds");
			const absent = valuesOf("secret_requests_total").some(({ labels }) => labels.status === "absent");
			return { notTaken: notTaken?.value, readAt: read?.value, condition: read?.labels.condition, absent };
		};
		await put({ port: "s3ntinel" });
		const reason = "what was read anew is not taken over [DSTA_INVALID_VALUE]";
		await expect.poll(look, { timeout: 10_000 }).toMatchObject({ ready: true, outdated: [{ path, reason }] });
		const { readAt, ...before } = await readings();
		expect(before).toEqual({ notTaken: 1, condition: "fresh", absent: false });
		await askVault(ADDRESS, "DELETE", "secret/data/metered/watched");
		const gone = { path, reason: "vault has it no more, and its value stays" };
		await expect.poll(look, { timeout: 10_000 }).toMatchObject({ ready: true, outdated: [gone] });
		expect(await readings()).toEqual({ notTaken: 0, readAt, condition: "gone", absent: true });
		await put({ port: "1" });
		await expect.poll(look, { timeout: 10_000 }).toMatchObject({ ready: true, outdated: [] });
		child.kill("SIGTERM");
		expect(JSON.stringify(await run.ended)).not.toContain("s3ntinel");
	});
});

/** The sockets of a process but for its standard streams, and whether what it executes gets them. */
function socketsOf(pid: number | undefined) {
	return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
		if (Number(descriptor) <= 2) return [];
		try {
			if (!readlinkSync(`/proc/${pid}/fd/${descriptor}`).startsWith("socket:")) return [];
			const [, flags = ""] =
				/^flags:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, "utf8")) ?? [];
			return [{ descriptor, isClosedOnExec: (Number.parseInt(flags, 8) & 0o2000000) !== 0 }];
		} catch {
			// It was closed meanwhile.
			return [];
		}
	});
}

describe("a run that serves its metrics at a Unix socket", () => {
	it("takes the place of one that was killed, lets nobody else ask, and leaves nothing behind", () => {
		const folder = folderWith("run: { metrics: 'unix:app.sock' }\nsecrets: { a/b/c: NAME }\n");
		const dead = spawnSync(PYTHON, ["-c", "import socket; socket.socket(socket.AF_UNIX).bind('app.sock')"], {
			cwd: folder,
		});
		expect(dead.status).toBe(0);
		const options = { cwd: folder, env: { PATH: process.env.PATH, NAME: "x" } };
		const { stderr, stdout } = launchSync(["--", "stat", "-c", "%A", "app.sock"], options);
		expect({ stderr, stdout }).toEqual({ stderr: "", stdout: "srw-------\n" });
		expect(readdirSync(folder)).toEqual(["secrets.map.yaml"]);
	});

	it("starts its command without metrics where another process serves there", () => {
		const folder = folderWith("run: { metrics: 'unix:app.sock' }\nsecrets: { a/b/c: NAME }\n");
		const script =
			"import socket, subprocess, sys; s = socket.socket(socket.AF_UNIX); s.bind('app.sock'); s.listen(); sys.exit(subprocess.call(sys.argv[1:]))";
		const { stderr, stdout } = spawnSync(PYTHON, ["-c", script, ...LAUNCHER, "--", "echo", "started"], {
			cwd: folder,
			env: { PATH: process.env.PATH, NAME: "x" },
			encoding: "utf8",
		});
		expect(stdout).toBe("started\n");
		expect(stderr).toMatch(
			/^dsta-run: warn: another process listens at unix:app\.sock.*\n {2}fix: .*--metrics none\.\n$/,
		);
	});
});

describe("a run that has asked no server before it serves its metrics", () => {
	it("leaves the standard streams of the command blocking", async () => {
		const folder = folderWith("a: { env: FROM_ENV, backend: env }\n");
		const options = ["--metrics", "127.0.0.1:0", "--log-level", "info"];
		const run = launch(folder, [...options, "--", ...COMMAND], { FROM_ENV: "x" });
		const [port] = await Promise.all([servedAt(run), run.said("ready")]);
		expect(await ask({ port, path: "/healthz" })).toMatchObject({ status: 200 });
		expect(nonBlockingStreams(childrenOf(run.child.pid)[0] ?? "self")).toEqual([]);
		run.child.kill("SIGTERM");
		expect(await run.ended).toMatchObject({ status: 3 });
	});
});

describe("metrics that cannot be served", () => {
	it.each<[args: readonly string[], status: number, message: string]>([
		[
			["--metrics", "unix:/none/app.sock"],
			78,
			"Metrics cannot be served at unix:/none/app.sock: its folder does not exist",
		],
		[["--exec", "--metrics", "9464"], 69, "Exec mode leaves nobody to do what is asked by --metrics"],
		[["--metrics-textfile", "secrets.map.yaml/nightly.prom"], 74, "nightly.prom: its folder is none"],
		[
			["--metrics", "unix:secrets.map.yaml/app.sock"],
			78,
			"unix:secrets.map.yaml/app.sock: its folder is none",
		],
		[["--metrics-textfile", "nightly"], 64, "names end in .prom"],
	])("end the run before anybody is asked: %j", (args, status, message) => {
		const options = { cwd: folderWith("a/b/c: NAME\n"), env: { PATH: process.env.PATH } };
		const { stderr, status: own } = launchSync([...args, "--", "true"], options);
		expect({ own, stderr }).toEqual({ own: status, stderr: expect.stringContaining(message) });
		expect(stderr).not.toContain("Secret not found");
	});
});
