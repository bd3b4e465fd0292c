import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { request } from "../aws/backend.ts";
import { harmlessFailure, openBackend, readAll, SENTINELS } from "./backend.ts";
import { type Reply, refusal, secretV2, startFakeVault } from "./fake-vault.ts";
import { expectFault, HTML, type Row, SECRET } from "./fault-table.ts";

const { signal } = new AbortController();
const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
const chunked = `${HEAD}Transfer-Encoding: chunked\r\n\r\n10\r\n${SECRET.slice(0, 16)}\r\n`;
const lengthOf = (length: number) => `${HEAD}Content-Length: ${length}\r\n\r\n`;
const found = secretV2({ c: SENTINELS.value });

describe("A connection to Vault", () => {
	it.each<Row>([
		[
			"ends before an answer",
			{ raw: "", after: "end" },
			"DSTA_UNAVAILABLE",
			/: Connection reset/,
			/health/,
			3,
		],
		[
			"is reset before an answer",
			{ raw: "", after: "reset" },
			"DSTA_UNAVAILABLE",
			/: Connection reset/,
			/health/,
			3,
		],
		[
			"ends within the header",
			{ raw: HEAD, after: "end" },
			"DSTA_UNAVAILABLE",
			/: Connection reset/,
			/health/,
			3,
		],
		[
			"is reset within the answer",
			{ raw: `${lengthOf(SECRET.length)}${SECRET.slice(0, 20)}`, after: "reset" },
			"DSTA_UNAVAILABLE",
			/: (?:its answer was cut short|Connection reset)/,
			/health/,
			3,
		],
		[
			"ends within an answer of known length",
			{ raw: `${lengthOf(SECRET.length + 1)}${SECRET}`, after: "end" },
			"DSTA_UNAVAILABLE",
			/: its answer was cut short/,
			/health/,
			3,
		],
		[
			"ends within a chunked answer",
			{ raw: chunked, after: "end" },
			"DSTA_UNAVAILABLE",
			/: its answer was cut short/,
			/health/,
			3,
		],
		[
			"ends within an answer of unknown length",
			{ raw: `${HEAD}Connection: close\r\n\r\n${SECRET.slice(0, -2)}`, after: "end" },
			"DSTA_UNAVAILABLE",
			/: HTTP 200 with an answer that is not Vault's/,
			/health/,
			1,
		],
		[
			"carries more than the length said",
			{ raw: `${lengthOf(SECRET.length - 2)}${SECRET}`, after: "stay" },
			"DSTA_UNAVAILABLE",
			/: (?:HTTP 200 with an answer that is not Vault's|its answer is not HTTP)/,
			/health|port/,
			1,
		],
		[
			"carries what is not HTTP",
			{ raw: "220 sentinel ESMTP\r\n", after: "end" },
			"DSTA_UNAVAILABLE",
			/: its answer is not HTTP/,
			/port/,
			1,
		],
		[
			"changes to another protocol",
			{ raw: "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", after: "stay" },
			"DSTA_UNAVAILABLE",
			/: it changes to another protocol/,
			/health/,
			1,
		],
		[
			"carries a secret that is not UTF-8",
			{ body: Buffer.from(SECRET.replace("sentinel", "sent\u00efnel"), "latin1") },
			"DSTA_UNAVAILABLE",
			/: HTTP 200 with an answer that is not Vault's/,
			/health/,
			1,
		],
		[
			"carries an answer without a status line, as HTTP/0.9 does",
			{ raw: HTML, after: "end" },
			"DSTA_UNAVAILABLE",
			/: its answer is not HTTP/,
			/port/,
			1,
		],
		[
			"carries an endless header",
			{ raw: `${HEAD}X-Long: ${"x".repeat(2 * 1024 * 1024)}`, after: "stay" },
			"DSTA_UNAVAILABLE",
			/: its answer is not HTTP/,
			/port/,
			1,
		],
		[
			"carries an answer over 10 MiB",
			{ body: `{"data":"${"x".repeat(11 * 1024 * 1024)}"}` },
			"DSTA_UNAVAILABLE",
			/: its answer is over 10 MiB/,
			/health/,
			1,
		],
		[
			"carries an answer without end",
			{ raw: `${HEAD}Transfer-Encoding: chunked\r\n\r\n`, after: "flood" },
			"DSTA_UNAVAILABLE",
			/: its answer is over 10 MiB/,
			/health/,
			1,
		],
		[
			"carries a gzip bomb, which stays packed",
			{ headers: { "Content-Encoding": "gzip" }, body: gzipSync(Buffer.alloc(32 * 1024 * 1024)) },
			"DSTA_UNAVAILABLE",
			/: HTTP 200 with an answer that is not Vault's/,
			/health/,
			1,
		],
		[
			"carries a compressed answer that nobody asked for",
			{ headers: { "Content-Encoding": "gzip" }, body: gzipSync(SECRET) },
			"DSTA_UNAVAILABLE",
			/: HTTP 200 with an answer that is not Vault's/,
			/health/,
			1,
		],
	])("that %s makes it unavailable", async (...row) => {
		await expectFault(row);
	});

	it.each([
		[
			"is refused",
			"http://127.0.0.1:1",
			/^Vault not available: Connection refused \(http:\/\/127\.0\.0\.1:1\)$/,
		],
		[
			"has no host",
			"http://vault.example.invalid:8200",
			/^Vault not available: Host name (?:not found|could not be resolved)/,
		],
	])("that %s makes it unavailable", async (_what, address, message) => {
		using backend = openBackend(address);
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toMatch(message);
		expect(error.cure).toContain(`VAULT_ADDR is ${address}`);
	});

	it.each<[string, Reply]>([
		["answers nothing", "silence"],
		["does not end its header", { raw: HEAD, after: "stay" }],
		["does not end its answer", { raw: chunked, after: "stay" }],
		["brings its answer byte by byte", { raw: lengthOf(SECRET.length), after: "trickle" }],
	])("that %s is given up in time", async (_what, reply) => {
		await using vault = await startFakeVault(() => reply);
		using backend = openBackend(vault.url);
		const controller = new AbortController();
		const reads = Promise.allSettled(
			["a/b/c", "d/e/f"].map((path) => harmlessFailure(backend.read(request(path), controller.signal))),
		);
		await vault.nextCall();
		controller.abort();
		for (const outcome of await reads)
			expect(outcome).toMatchObject({
				value: { code: "DSTA_TIMEOUT", message: `Vault not available: no answer in time from ${vault.url}` },
			});
	});

	it("that broke once is made again", async () => {
		await using vault = await startFakeVault((_call, count) =>
			count === 1 ? { raw: lengthOf(1000), after: "reset" } : found,
		);
		using backend = openBackend(vault.url);
		expect(await backend.read(request("a/b/c"), signal)).toMatchObject({ value: SENTINELS.value });
		expect(vault.calls).toHaveLength(2);
	});

	it("that was kept alive and is closed when the next request comes costs no attempt", async () => {
		let errors = 0;
		await using vault = await startFakeVault(({ turn, url }) => {
			if (url.endsWith("/d/e")) return found;
			if (turn > 1) return { raw: "", after: "reset" };
			return ++errors < 3 ? { ...refusal(500), headers: { Connection: "close" } } : found;
		});
		using backend = openBackend(vault.url);
		await readAll(backend, ["d/e/c"]);
		expect(await backend.read(request("a/b/c"), signal)).toMatchObject({ value: SENTINELS.value });
		expect(vault.calls.map(({ turn }) => turn)).toEqual([1, 2, 1, 1, 1]);
	});

	it("is replaced when all that were kept alive are closed at their next requests", async () => {
		let came = 0;
		const all = Promise.withResolvers<void>();
		await using vault = await startFakeVault(async ({ turn }) => {
			if (turn > 1) return { raw: "", after: "reset" };
			// So that each has a connection of its own.
			if (++came === 8) all.resolve();
			await all.promise;
			return found;
		});
		using backend = openBackend(vault.url);
		const paths = Array.from({ length: 8 }, (_, index) => `s${index}/c`);
		for (const wave of [paths, paths])
			expect((await readAll(backend, wave)).map((one) => one?.value)).toEqual(
				wave.map(() => SENTINELS.value),
			);
	});
});
