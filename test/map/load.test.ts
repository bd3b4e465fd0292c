import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DstaError } from "../../src/errors.ts";
import { loadSecretMap } from "../../src/map/load.ts";
import { MAX_MAP_BYTES } from "../../src/map/parse.ts";

const folder = mkdtempSync(join(tmpdir(), "dsta-map-"));
const isRoot = process.getuid?.() === 0;
const NOBODY = 65534;
const socket = createServer();

function put(name: string, content: string | Buffer): void {
	writeFileSync(join(folder, name), content);
}

function load(name: string) {
	return loadSecretMap(join(folder, name), { shownAs: name, backends: ["vault", "aws", "env"] });
}

async function errorOf(run: () => Promise<unknown>): Promise<DstaError> {
	try {
		await run();
	} catch (error) {
		if (error instanceof DstaError) return error;
		throw error;
	}
	throw new Error("nothing was thrown");
}

beforeAll(async () => {
	mkdirSync(join(folder, "directory"));
	execFileSync("mkfifo", [join(folder, "fifo")]);
	symlinkSync("loop-b", join(folder, "loop-a"));
	symlinkSync("loop-a", join(folder, "loop-b"));
	symlinkSync("nowhere", join(folder, "dangling"));
	symlinkSync("fifo", join(folder, "link-to-fifo"));
	symlinkSync("/dev/zero", join(folder, "link-to-zero"));
	put("file", "a/b: A\n");
	put("large", `#${"x".repeat(MAX_MAP_BYTES)}`);
	put("utf16le", Buffer.from("\uFEFFa/b: A\n", "utf16le"));
	put("utf16be", Buffer.from("\uFEFFa/b: A\n", "utf16le").swap16());
	put("utf16-unmarked", Buffer.from("a/b: A\n", "utf16le"));
	put("latin1", Buffer.from("a/b: A\n# gr\u00fc\u00df\nc/d: C\n", "latin1"));
	put("unreadable", "a/b: A\n");
	chmodSync(join(folder, "unreadable"), 0o000);
	chmodSync(folder, 0o755);
	await new Promise<void>((resolve) => socket.listen(join(folder, "socket"), resolve));
});

afterAll(async () => {
	await new Promise((resolve) => socket.close(resolve));
	rmSync(folder, { recursive: true });
});

describe("a map file", () => {
	it.each([
		["plain", "a/b: A\n"],
		["with a byte order mark", "\uFEFFa/b: A\n"],
		["with CRLF", "a/b: A\r\n"],
		["without a last newline", "a/b: A"],
		["with characters beyond ASCII", "a/b: A # grüß 日本\n"],
		["of exactly 1 MiB", `a/b: A\n#${"x".repeat(MAX_MAP_BYTES - 8)}`],
	])("is read: %s", async (_, content) => {
		put("map", content);
		const map = await load("map");
		expect(map.entries.map(({ names }) => names)).toEqual([["A"]]);
		expect(map.file).toBe("map");
	});

	it("is read through a symbolic link", async () => {
		symlinkSync("file", join(folder, "link"));
		expect((await load("link")).entries).toHaveLength(1);
	});

	it("is named in messages as the user named it", async () => {
		put("wrong", "a/b: 1\n");
		expect((await errorOf(() => load("wrong"))).message).toMatch(/^wrong:1:6: /);
	});

	it.each(["missing", "dangling", "file/below", "no-folder/map"])(
		"that does not exist is 66: %s",
		async (name) => {
			const error = await errorOf(() => load(name));
			expect(error).toMatchObject({ code: "DSTA_FILE_NOT_FOUND", exitStatus: 66 });
			expect(error.message).toBe(`The map ${name} does not exist`);
			expect(error.cure).toContain("--map");
			expect(error.cure).toContain("DSTA_MAP");
			expect(error.cure.match(/^ {2}\S+: [A-Z_]+$/gm)).toHaveLength(2);
		},
	);

	it.each([
		["directory", "The map directory is a directory, not a file"],
		["fifo", "The map fifo is a FIFO, not a file"],
		["link-to-fifo", "The map link-to-fifo is a FIFO, not a file"],
		["socket", "The map socket is a socket, not a file"],
		["link-to-zero", "The map link-to-zero is a device, not a file"],
		["loop-a", "The map loop-a cannot be read: it is a circle of symbolic links"],
		["n".repeat(300), `The map ${"n".repeat(300)} cannot be read: its name is too long`],
		["nul\0", "The map nul\0 cannot be read: no file can have this name"],
		["large", "The map large is larger than 1 MiB (1048576 bytes)"],
		["utf16le", "The map utf16le is UTF-16"],
		["utf16be", "The map utf16be is UTF-16"],
		["utf16-unmarked", "The map utf16-unmarked is UTF-16"],
		["latin1", "The map latin1 is not UTF-8 (line 2)"],
	])("that cannot be one is 78: %.20s", async (name, message) => {
		const error = await errorOf(() => load(name));
		expect(error).toMatchObject({ code: "DSTA_MAP", exitStatus: 78, message });
		expect(error.cure).not.toBe("");
	});

	it("that the user may not read is 78", async () => {
		// Root may read everything.
		if (isRoot) process.seteuid?.(NOBODY);
		try {
			expect((await load("file")).entries).toHaveLength(1);
			expect(await errorOf(() => load("unreadable"))).toMatchObject({
				code: "DSTA_MAP",
				message: "The map unreadable cannot be read: permission denied",
			});
		} finally {
			if (isRoot) process.seteuid?.(0);
		}
	});

	it("that says that it is empty is read to its end all the same", async () => {
		// The kernel gives this file a size of 0.
		const error = await errorOf(() => loadSecretMap("/proc/self/status", { backends: [] }));
		expect(error.message).toMatch(/^\/proc\/self\/status:\d+:\d+: /);
	});
});

describe("the map at the top of the repository", async () => {
	const map = await loadSecretMap(new URL("../../secrets.map.yaml", import.meta.url).pathname, {
		backends: ["vault", "aws", "env"],
	});

	it("holds the whole tree of the guide", async () => {
		expect(map.entries.map(({ path }) => path.text)).toEqual([
			...["binance", "gateio", "huobi"].flatMap((exchange) =>
				["api_key", "api_secret"].map((key) => `exchange/${exchange}/${key}`),
			),
			...["host", "port", "user", "password", "database"].map((key) => `database/postgres/${key}`),
			"database/redis/password",
			"app/secret_key",
			"app/encryption_key",
			"monitoring/sentry_dsn",
			"monitoring/grafana_api_key",
			"notifications/slack_webhook_url",
			"notifications/email_password",
		]);
	});

	it("requires no more than the .env of the guide has", async () => {
		const required = map.entries.filter((entry) => entry.default === undefined && !entry.optional);
		expect(required.flatMap(({ names }) => names)).toEqual([
			"BINANCE_API_KEY",
			"BINANCE_API_SECRET",
			"GATEIO_API_KEY",
			"GATEIO_API_SECRET",
			"POSTGRES_PASSWORD",
			"SECRET_KEY",
		]);
	});

	it("has the defaults of the guide", async () => {
		const defaults = map.entries.flatMap(({ names, default: text }) =>
			text === undefined ? [] : [[names[0], text]],
		);
		expect(Object.fromEntries(defaults)).toEqual({
			POSTGRES_HOST: "localhost",
			POSTGRES_PORT: "5432",
			POSTGRES_USER: "dsta",
			POSTGRES_DATABASE: "dsta",
			REDIS_PASSWORD: "",
		});
	});
});
