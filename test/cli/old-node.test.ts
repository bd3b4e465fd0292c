import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { CLI, folderWith } from "../process/launch.ts";

const FOLDER = folderWith("a/b/c: ABC\n");
const PRETENDING = join(FOLDER, "old.cjs");
// What versions before 22 lack of the language goes as well.
writeFileSync(
	PRETENDING,
	`Object.defineProperty(process, "versions", { value: { ...process.versions, node: process.env.PRETENDED } });
	delete Map.groupBy; delete Object.groupBy; delete Promise.withResolvers; delete process.execve;`,
);

const run = (node: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
	spawnSync(node, args, { cwd: FOLDER, encoding: "utf8", env: { PATH: process.env.PATH, ABC: "x", ...env } });

const pretend = (version: string, args: readonly string[]) =>
	run(process.execPath, ["--require", PRETENDING, CLI, ...args], { PRETENDED: version });

const tooOld = (version: string) =>
	new RegExp(
		`^dsta-run: error: Node ${version} \\(\\S+\\) is too old: dsta-run needs 22\\.15 or newer \\[DSTA_UNSUPPORTED]\\n  fix: .*nodejs\\.org.*\\n$`,
	);

describe("a Node that is too old", () => {
	it.each(["12.22.9", "18.20.4", "20.20.2", "22.14.0"])(
		"is named, and what is needed, in two lines: %s",
		(version) => {
			for (const args of [["--", "true"], ["check"], []]) {
				const { status, stderr, stdout } = pretend(version, args);
				expect({ status, stdout }).toEqual({ status: 69, stdout: "" });
				expect(stderr).toMatch(tooOld(version));
			}
		},
	);

	it.each(["22.15.0", "23.11.0", "24.0.0", "100.0.0"])("is not %s", (version) => {
		expect(pretend(version, ["--version"])).toMatchObject({ status: 0, stderr: "" });
	});

	it("that really is one says the same, wherever there is one on PATH", () => {
		for (const node of (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "node"))) {
			const version = existsSync(node) ? run(node, ["--version"]).stdout.trim().slice(1) : "99";
			if (Number.parseInt(version, 10) >= 22) continue;
			const { status, stderr } = run(node, [CLI, "--", "true"]);
			expect(status).toBe(69);
			expect(stderr).toMatch(tooOld(version));
		}
	});
});
