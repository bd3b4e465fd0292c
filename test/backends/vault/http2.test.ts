import { once } from "node:events";
import { readFileSync } from "node:fs";
import {
	constants,
	createSecureServer,
	type IncomingHttpHeaders,
	type ServerHttp2Session,
	type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { signalAfter } from "../../../src/backends/deadline.ts";
import { folderWith, launch } from "../../process/launch.ts";
import { request } from "../aws/backend.ts";
import { harmlessFailure, openBackend, readAll, SENTINELS } from "./backend.ts";
import { certificateFile, secretV2, startFakeVault } from "./fake-vault.ts";

const { signal } = new AbortController();
const CA = { VAULT_CACERT: certificateFile("ca.pem") };
const PATHS = Array.from({ length: 90 }, (_, index) => `s${index}/c`);

interface Http2Vault extends AsyncDisposable {
	readonly url: string;
	readonly sessions: ServerHttp2Session[];
	readonly headers: IncomingHttpHeaders[];
}

/** A Vault that speaks HTTP/2 alone; `count` is the number of requests so far, from 1. */
async function startHttp2Vault(
	answer: (stream: ServerHttp2Stream, count: number) => void = found,
): Promise<Http2Vault> {
	const sessions: ServerHttp2Session[] = [];
	const headers: IncomingHttpHeaders[] = [];
	const server = createSecureServer({
		cert: readFileSync(certificateFile("valid.pem")),
		key: readFileSync(certificateFile("server.key")),
	});
	server.on("session", (session) => {
		sessions.push(session);
		session.on("error", () => undefined);
	});
	server.on("stream", (stream, given) => {
		stream.on("error", () => undefined);
		answer(stream, headers.push(given));
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return {
		url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
		sessions,
		headers,
		async [Symbol.asyncDispose]() {
			for (const session of sessions) session.destroy();
			server.close();
			await once(server, "close");
		},
	};
}

function found(stream: ServerHttp2Stream): void {
	stream.respond({ ":status": 200, "content-type": "application/json" });
	stream.end(JSON.stringify(secretV2({ c: SENTINELS.value }).body));
}

describe("HTTP/2 to Vault", () => {
	it("takes all reads over one connection, and later ones too", async () => {
		await using vault = await startHttp2Vault();
		using backend = openBackend(vault.url, CA);
		const read = await readAll(backend, PATHS);
		expect(read.map((one) => one?.value)).toEqual(PATHS.map(() => SENTINELS.value));
		await readAll(backend, PATHS);
		expect(vault.sessions).toHaveLength(1);
		expect(vault.headers).toHaveLength(2 * PATHS.length);
		expect(vault.headers[0]).toMatchObject({
			":method": "GET",
			":path": expect.stringMatching(/^\/v1\/secret\/data\/s\d+$/),
			"x-vault-token": SENTINELS.token,
			"x-vault-request": "true",
		});
	});

	it("gives up at once what is under way when it is closed, and asks no more", async () => {
		await using vault = await startHttp2Vault(() => undefined);
		using backend = openBackend(vault.url, CA);
		const reading = PATHS.map((path) => harmlessFailure(backend.read(request(path), signal)));
		await expect.poll(() => vault.headers.length).toBeGreaterThan(0);
		backend.close();
		const errors = await Promise.all(reading);
		expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(["DSTA_UNAVAILABLE"]));
		expect(errors[0]?.message).toContain("its connections were closed meanwhile");
		expect(vault.headers.length).toBeLessThanOrEqual(32);
		expect(vault.sessions).toHaveLength(1);
	});

	it("takes writes with what is written", async () => {
		const bodies: string[] = [];
		await using vault = await startHttp2Vault((stream) => {
			let body = "";
			stream.on("data", (chunk) => (body += chunk));
			stream.on("end", () => {
				if (body !== "") bodies.push(body);
				found(stream);
			});
		});
		using backend = openBackend(vault.url, CA, { settings: { kv: 2 } });
		await backend.write("a/b", new Map([["d", "ü"]]), { replace: false, signal });
		expect(bodies.map((body) => JSON.parse(body).data)).toEqual([{ c: SENTINELS.value, d: "ü" }]);
	});

	it("is left for HTTP/1.1 where the server does not speak it", async () => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }), { certificate: "valid" });
		using backend = openBackend(vault.url, CA);
		expect(await readAll(backend, PATHS)).toHaveLength(PATHS.length);
		// One more was made to find out.
		expect(vault.connections.total).toBeLessThanOrEqual(13);
		expect(vault.calls).toHaveLength(PATHS.length);
	});

	it("gives the command its secrets, and shows them and the token to no debug switch", async () => {
		await using vault = await startHttp2Vault();
		const env = {
			...CA,
			VAULT_ADDR: vault.url,
			VAULT_TOKEN: SENTINELS.token,
			NODE_DEBUG: "*",
			BUN_CONFIG_VERBOSE_FETCH: "curl",
		};
		const args = ["--log-level", "trace", "--", "printenv", "C"];
		const { status, stderr, stdout } = await launch(folderWith("a/b/c: C\n"), args, env).ended;
		expect({ status, stdout }).toEqual({ status: 0, stdout: `${SENTINELS.value}\n` });
		expect(stderr).not.toContain("sentinel");
		expect(vault.sessions).toHaveLength(1);
	});

	const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_REFUSED_STREAM } = constants;
	it.each<[what: string, answer: (stream: ServerHttp2Stream) => void, words: string]>([
		["that it resets", (stream) => stream.close(NGHTTP2_INTERNAL_ERROR), "Connection reset"],
		["that it cancels", (stream) => stream.close(NGHTTP2_CANCEL), "Connection reset"],
		["that it refuses", (stream) => stream.close(NGHTTP2_REFUSED_STREAM), "Connection reset"],
		["of a connection that it cuts", (stream) => stream.session?.destroy(), "Connection reset"],
		[
			"of a connection that it ends with an error",
			(stream) => stream.session?.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM),
			"Connection reset",
		],
		["whose answer it cancels", cut((stream) => stream.close(NGHTTP2_CANCEL)), "its answer was cut short"],
		[
			"whose answer it resets",
			cut((stream) => stream.close(NGHTTP2_INTERNAL_ERROR)),
			"its answer was cut short",
		],
		["whose answer ends early", cut((stream) => stream.end()), "its answer was cut short"],
		[
			"whose answer is cut with its connection",
			cut((stream) => stream.session?.destroy()),
			"its answer was cut short",
		],
		["whose answer is too large", flood, "its answer is over 10 MiB"],
	])("makes Vault unavailable by a request %s", async (_what, answer, words) => {
		await using vault = await startHttp2Vault(answer);
		using backend = openBackend(vault.url, CA);
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toBe(`Vault not available: ${words} (${vault.url})`);
	});

	it("is tried again like any other read", async () => {
		await using vault = await startHttp2Vault((stream, count) => {
			if (count > 1) found(stream);
			else stream.session?.destroy();
		});
		using backend = openBackend(vault.url, CA);
		expect(await readAll(backend, ["a/b/c"])).toMatchObject([{ value: SENTINELS.value }]);
		expect(vault.sessions).toHaveLength(2);
	});

	it("goes on over another connection where the server sends one away", async () => {
		await using vault = await startHttp2Vault((stream, count) => {
			if (count === 1) stream.session?.goaway(constants.NGHTTP2_NO_ERROR);
			found(stream);
		});
		using backend = openBackend(vault.url, CA);
		for (const path of ["a/b/c", "d/e/c", "f/g/c"])
			expect(await readAll(backend, [path])).toMatchObject([{ value: SENTINELS.value }]);
		expect(vault.sessions).toHaveLength(2);
	});

	it("loses nothing of what the server sends away unread", async () => {
		const counts = new Map<unknown, number>();
		await using vault = await startHttp2Vault((stream) => {
			found(stream);
			const count = (counts.get(stream.session) ?? 0) + 1;
			counts.set(stream.session, count);
			if (count === 40) stream.session?.goaway(constants.NGHTTP2_NO_ERROR);
		});
		using backend = openBackend(vault.url, CA, { settings: { retries: 0 } });
		const read = await readAll(backend, PATHS);
		expect(read.map((one) => one?.value)).toEqual(PATHS.map(() => SENTINELS.value));
		expect(vault.sessions.length).toBeGreaterThan(1);
	});

	it("asks once more what the server refuses unread, where it may be asked once alone", async () => {
		await using vault = await startHttp2Vault((stream, count) => {
			if (count === 1) stream.close(NGHTTP2_REFUSED_STREAM);
			else found(stream);
		});
		using backend = openBackend(vault.url, CA, { settings: { retries: 0 } });
		expect(await readAll(backend, ["a/b/c"])).toMatchObject([{ value: SENTINELS.value }]);
		expect(vault.sessions).toHaveLength(1);
	});

	it("gives up a silent request alone, and asks what comes later over another connection", async () => {
		const late: ServerHttp2Stream[] = [];
		await using vault = await startHttp2Vault((stream, count) => {
			if (count === 3) late.push(stream);
			else if (count !== 2) found(stream);
			if (count === 4) late.forEach(found);
		});
		using backend = openBackend(vault.url, CA);
		await readAll(backend, ["a/first/c"]);
		const silent = backend.read(request("a/b/c"), AbortSignal.timeout(300));
		const slow = backend.read(request("d/e/c"), signal);
		const error = await harmlessFailure(silent);
		expect(error).toMatchObject({ code: "DSTA_TIMEOUT" });
		expect(await readAll(backend, ["f/g/c"])).toMatchObject([{ value: SENTINELS.value }]);
		expect(await slow).toMatchObject({ value: SENTINELS.value });
		expect(vault.sessions).toHaveLength(2);
	});

	it("makes another attempt over another connection, since the first may lead nowhere", async () => {
		await using vault = await startHttp2Vault((stream) => {
			if (stream.session !== vault.sessions[0]) found(stream);
		});
		using backend = openBackend(vault.url, CA);
		expect(await readAll(backend, PATHS, signalAfter(2000))).toHaveLength(PATHS.length);
		expect(vault.sessions).toHaveLength(2);
	});

	it.each(["silence", "hang-up"])("ends in time where the handshake meets %s", async (what) => {
		const { createServer } = await import("node:net");
		const server = createServer((socket) => {
			socket.on("error", () => undefined);
			if (what === "hang-up") socket.destroy();
		}).listen(0, "127.0.0.1");
		await once(server, "listening");
		try {
			using backend = openBackend(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
			const reading = backend.read(request("a/b/c"), AbortSignal.timeout(500));
			const { code } = await harmlessFailure(reading);
			expect(code).toBe(what === "silence" ? "DSTA_TIMEOUT" : "DSTA_UNAVAILABLE");
		} finally {
			server.close();
		}
	});
});

function cut(end: (stream: ServerHttp2Stream) => void): (stream: ServerHttp2Stream) => void {
	return (stream) => {
		stream.respond({ ":status": 200, "content-length": "1000" });
		stream.write(`{"data":{"data":{"c":"${SENTINELS.value}`, () => setImmediate(end, stream));
	};
}

function flood(stream: ServerHttp2Stream): void {
	stream.respond({ ":status": 200 });
	const chunk = Buffer.alloc(2 ** 20, " ");
	let rest = 11;
	const write = () => {
		if (rest-- > 0) stream.write(chunk, write);
		else stream.end();
	};
	write();
}
