import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { prepareInFolder } from "../../src/launch/files/in-folder.ts";
import type { FileRequest } from "../../src/launch/files.ts";
import { PYTHON } from "../process/launch.ts";

const PLACE = mkdtempSync("/dev/shm/dsta-run-test-");
afterAll(() => rmSync(PLACE, { recursive: true }));

const request = (name: string, text: string, mode = 0o400): FileRequest => ({
	...{ variables: [name], name, content: Buffer.from(text), mode },
});

async function written(...requests: readonly FileRequest[]) {
	const env = { XDG_RUNTIME_DIR: PLACE };
	const files = await prepareInFolder(requests, { process, env, warn: () => undefined });
	files.write();
	const folder = dirname(files.variables.values().next().value as string);
	const look = () =>
		Object.fromEntries(
			readdirSync(folder).map((name) => [
				name,
				`${(statSync(join(folder, name)).mode & 0o777).toString(8)} ${readFileSync(join(folder, name))}`,
			]),
		);
	return { files, folder, look };
}

describe("files of secrets that are rewritten while their command runs", () => {
	it("are changed, added and removed, with their permissions, and stay so when they are written again", async () => {
		const { files, folder, look } = await written(request("A", "one"), request("B", "x"), request("C", "y"));
		const same = statSync(join(folder, "B")).ino;
		expect(
			files.rewrite([request("A", "two", 0o440), request("B", "x"), request("D", "new", 0o404)]),
		).toEqual([]);
		const after = { A: "440 two", B: "400 x", D: "404 new" };
		expect(look()).toEqual(after);
		expect(statSync(folder).mode & 0o777).toBe(0o711);
		// One that has not changed is not touched.
		expect(statSync(join(folder, "B")).ino).toBe(same);
		files.remove();
		expect(readdirSync(PLACE)).toEqual([]);
		files.write();
		expect(look()).toEqual(after);
		files.remove();
	});

	it("stay as they are where one of them cannot be written", async () => {
		const { files, folder, look } = await written(request("A", "one"), request("B", "x"));
		const before = look();
		const tooLong = "n".repeat(300);
		expect(() => files.rewrite([request("A", "two"), request(tooLong, "s3ntinel")])).toThrow(
			expect.objectContaining({ code: "DSTA_OUTPUT", message: expect.not.stringContaining("s3ntinel") }),
		);
		expect(look()).toEqual(before);
		expect(readdirSync(folder)).toEqual(["A", "B"]);
		files.remove();
	});

	it("are never seen half written", async () => {
		const texts = ["x", "y"].map((letter) => letter.repeat(100_000));
		const { files, folder } = await written(request("A", texts[0] as string));
		const read = `
import sys
seen = set()
print("ready", flush=True)
while True:
    try: seen.add(open(sys.argv[1]).read())
    except FileNotFoundError: break
print(sorted({(len(text), *set(text)) for text in seen}))`;
		const reader = spawn(PYTHON, ["-c", read, join(folder, "A")]);
		let output = "";
		await new Promise<void>((resolve) =>
			reader.stdout.on("data", (chunk) => {
				output += chunk;
				if (output.includes("ready")) resolve();
			}),
		);
		for (let count = 1; count <= 200; count++) {
			files.rewrite([request("A", texts[count % 2] as string)]);
			await new Promise((resolve) => setImmediate(resolve));
		}
		files.remove();
		await new Promise((resolve) => reader.once("close", resolve));
		expect(output).toMatch(/^ready\n\[(\(100000, '[xy]'\)(, )?)+\]\n$/);
	});
});
