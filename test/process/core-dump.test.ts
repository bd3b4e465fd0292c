import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CLI, childrenOf, folderWith, launch } from "./launch.ts";

const EMPTY = folderWith("{}\n");
const filterOf = (pid: number | string | undefined) =>
	Number.parseInt(readFileSync(`/proc/${pid}/coredump_filter`, "utf8"), 16);

describe("a core file", () => {
	it("of the launcher would hold no memory, and one of the command what it would without the launcher", async () => {
		const { child, ended, said } = launch(EMPTY, ["--", "sh", "-c", "echo ready; read line"]);
		await said("ready");
		const [command] = childrenOf(child.pid);
		// The command is ready while the launcher is still starting it.
		await expect.poll(() => filterOf(child.pid)).toBe(0);
		expect(filterOf("self")).toBeGreaterThan(0);
		expect(filterOf(command)).toBe(filterOf("self"));
		child.stdin?.end();
		await ended;
	});

	it("of the command keeps the setting that the launcher was started with", () => {
		const run = 'echo 0x1f > /proc/self/coredump_filter; exec "$0" "$@"';
		const { stdout } = spawnSync(
			"sh",
			["-c", run, process.execPath, CLI, "--", "cat", "/proc/self/coredump_filter"],
			{
				cwd: EMPTY,
				encoding: "utf8",
			},
		);
		expect(stdout).toBe("0000001f\n");
	});
});
