import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ListenAddress } from "../../src/listen-address.ts";
import { serve } from "../../src/observe/serve.ts";
import { writeTextfile } from "../../src/observe/textfile.ts";

const newFolder = () => mkdtempSync(join(tmpdir(), "dsta-run-observe-"));
const LOCAL: ListenAddress = { kind: "tcp", host: "127.0.0.1", port: 0 };

describe("a server", () => {
	it("leaves an address to whoever has it already", async () => {
		const path = join(newFolder(), "app.sock");
		for (const place of [LOCAL, { kind: "unix", path } as const]) {
			const first = await serve(place, {});
			expect(first && (await serve(first.address, {}))).toBeUndefined();
			first?.close();
			const second = first && (await serve(first.address, {}));
			expect(second?.address).toEqual(first?.address);
			second?.close();
		}
	});

	it.each<[place: ListenAddress, reason: string]>([
		[{ kind: "unix", path: __filename }, "a file of that name is there"],
		[{ kind: "unix", path: "/none/app.sock" }, "its folder does not exist"],
		[{ kind: "unix", path: `${__filename}/app.sock` }, "its folder is none"],
		[{ kind: "tcp", host: "192.0.2.1", port: 9464 }, "this machine does not have that address"],
	])("refuses an address that it cannot have: %j", async (place, reason) => {
		await expect(serve(place, {})).rejects.toMatchObject({
			code: "DSTA_CONFIG",
			message: expect.stringContaining(reason),
		});
	});

	it("says no more of a bug than that it is one", async () => {
		const serving = await serve(LOCAL, {
			"/": () => {
				throw new Error("s3ntinel");
			},
		});
		const port = serving?.address.kind === "tcp" ? serving.address.port : 0;
		const response = await fetch(`http://127.0.0.1:${port}/`);
		expect([response.status, await response.text()]).toEqual([500, "this is a bug of dsta-run\n"]);
		serving?.close();
	});
});

describe("a file of metrics", () => {
	it("is replaced as a whole, for any user to read, whatever the umask and who has left something unfinished", () => {
		const folder = newFolder();
		const file = join(folder, "nightly.prom");
		writeFileSync(`${file}.7`, "unfinished");
		const umask = process.umask(0o077);
		try {
			writeTextfile(file, "a 1\n", 7);
			writeTextfile(file, "a 2\n", 8);
		} finally {
			process.umask(umask);
		}
		expect(readFileSync(file, "utf8")).toBe("a 2\n");
		expect(statSync(file).mode & 0o777).toBe(0o644);
		expect(readdirSync(folder)).toEqual(["nightly.prom"]);
	});

	it("leaves nothing where it cannot be written, and says why", () => {
		const folder = newFolder();
		const error = expect.objectContaining({
			code: "DSTA_OUTPUT",
			message: expect.stringMatching(/: it is a folder$/),
		});
		expect(() => writeTextfile(folder, "a 1\n", 7)).toThrow(error);
		expect(() => writeTextfile(join(folder, "none/a.prom"), "", 7)).toThrow(/its folder does not exist/);
		expect(() => writeTextfile(join(__filename, "a.prom"), "", 7)).toThrow(/its folder is none/);
		expect(readdirSync(folder)).toEqual([]);
	});
});
