import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { CLI, folderWith } from "../process/launch.ts";

const FOLDER = folderWith("app/secret_key: SECRET_KEY\n");

function run(line: string) {
	const { status, stderr } = spawnSync("sh", ["-c", line, process.execPath, CLI], {
		cwd: FOLDER,
		env: { PATH: process.env.PATH, SECRET_KEY: "sentinel" },
		encoding: "utf8",
	});
	return { status, stderr };
}

describe("standard output", () => {
	it.each([
		["get app/secret_key > /dev/full", "no space is left"],
		["check > /dev/full", "no space is left"],
	])("that cannot be written is 74: %s", (words, reason) => {
		const { status, stderr } = run(`"$0" "$1" ${words}`.replace('"$1"', `'${CLI}'`));
		expect(status).toBe(74);
		expect(stderr).toMatch(
			/^dsta-run: error: Standard output cannot be written: .* \[DSTA_OUTPUT\]\n {2}fix: [^\n]+\n$/,
		);
		expect(stderr).toContain(reason);
		expect(stderr).not.toContain("sentinel");
	});

	it("whose reader has gone is nobody's concern", () => {
		const { status, stderr } = run(`{ "$0" '${CLI}' help; echo $? >&2; } | true`);
		expect({ status, stderr }).toEqual({ status: 0, stderr: "0\n" });
	});
});
