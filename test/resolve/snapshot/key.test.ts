import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { KeySource } from "../../../src/map/secret-map.ts";
import { loadKey } from "../../../src/resolve/snapshot/key.ts";
import { placeWith } from "./opened.ts";

const KEY = Buffer.from("80ff".repeat(16), "hex");

/** The key that a source gives, with what was warned of. */
async function load(source: KeySource, { folder = "/", env = {} } = {}) {
	const warnings: string[] = [];
	const key = await loadKey(source, { env, cwd: folder, warn: (message) => void warnings.push(message) });
	return { key, warnings };
}

const printing = (script: string): KeySource => ({ command: ["/bin/sh", "-c", script] });

describe("the key of a snapshot", () => {
	it.each<[string, Buffer | string]>([
		["raw", KEY],
		["in hex", KEY.toString("hex")],
		["in capital hex with an end of line", `${KEY.toString("hex").toUpperCase()}\n`],
		["in base64 as openssl writes it", `${KEY.toString("base64")}\n`],
		["in base64url", `${KEY.toString("base64url")}\r\n`],
	])("is 256 bits, %s, from a file, a credential or a command", async (_form, content) => {
		const { folder } = placeWith(Buffer.from(content));
		const env = { CREDENTIALS_DIRECTORY: folder };
		for (const source of [
			{ file: "key" },
			{ file: `${folder}/key` },
			{ credential: "key" },
			printing("cat key"),
		])
			expect(await load(source, { folder, env })).toEqual({ key: KEY, warnings: [] });
	});

	it.each<[string, Buffer | string]>([
		["nothing", ""],
		["31 bytes", KEY.subarray(1)],
		["33 bytes", Buffer.concat([KEY, KEY.subarray(0, 1)])],
		["a passphrase of 32 letters", "sentinel sentinel sentinel 12345"],
		["128 bits in hex", "80ff".repeat(8)],
		["128 bits in base64", KEY.subarray(16).toString("base64")],
		["a whole file of something", randomBytes(4096)],
	])("is refused where there is %s instead", async (_what, content) => {
		const { folder } = placeWith(Buffer.from(content));
		const words = `The snapshot has no key: ${folder}/key is no key of 256 bits`;
		await expect(load({ file: "key" }, { folder })).rejects.toMatchObject({
			code: "DSTA_CONFIG",
			message: expect.stringContaining(words),
			cure: expect.stringMatching(/\(umask 077; openssl rand -base64 32 > FILE\)$/),
		});
		const error: Error = await load(printing("cat key"), { folder }).catch((error) => error);
		expect(error.message).toContain("What /bin/sh prints is no key of 256 bits");
		expect(error.message).not.toContain("sentinel");
	});

	it.each<[KeySource, RegExp]>([
		[{ file: "missing" }, /\/missing does not exist$/],
		[{ file: "folder" }, /\/folder is no file$/],
		[{ file: "/dev/zero" }, /\/dev\/zero is no file$/],
		[{ file: "circle" }, /\/circle cannot be read: ELOOP$/],
		[{ credential: "missing" }, /\/missing does not exist$/],
		[{ command: ["no-such-program"] }, /no-such-program was to print it, and cannot be executed: ENOENT$/],
		[printing("echo sentinel; echo sentinel >&2; exit 3"), /and ended with status 3$/],
		[printing("kill -9 $$"), /and was killed by SIGKILL$/],
		[printing("yes sentinel"), /and printed more than 64 KiB$/],
	])("is missed in these words: %j", async (source, words) => {
		const { folder } = placeWith();
		mkdirSync(`${folder}/folder`);
		symlinkSync("circle", `${folder}/circle`);
		const env = { CREDENTIALS_DIRECTORY: folder, PATH: process.env.PATH };
		const error = await load(source, { folder, env }).catch((error) => error);
		expect(error).toMatchObject({ code: "DSTA_CONFIG", message: expect.stringMatching(words) });
		expect(error.message).not.toContain("sentinel");
	});

	it("is in no credential outside of a unit", async () => {
		await expect(load({ credential: "k" })).rejects.toMatchObject({
			message: "The snapshot has no key: there is no credential k: CREDENTIALS_DIRECTORY is not set",
			cure: expect.stringContaining("LoadCredentialEncrypted=k:"),
		});
	});

	it.each([
		[0o600, 0],
		[0o440, 0],
		[0o644, 1],
		[0o620, 1],
	])("may be a file of mode %o: %i warnings", async (mode, count) => {
		const { folder } = placeWith();
		chmodSync(`${folder}/key`, mode);
		const { warnings } = await load({ file: "key" }, { folder });
		expect(warnings).toHaveLength(count);
		for (const warning of warnings)
			expect(warning).toContain(`open to other users (mode 0${mode.toString(8)})`);
	});

	it("is asked of a command without the shell", async () => {
		const { folder } = placeWith(Buffer.from("x"));
		writeFileSync(`${folder}/$(k) *`, KEY.toString("hex"));
		const { key } = await load({ command: ["/bin/cat", "$(k) *"] }, { folder });
		expect(key).toEqual(KEY);
	});
});
