import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { childrenOf, folderWith, LAUNCHER, launch } from "./launch.ts";

const EMPTY = folderWith("{}\n");
const filterOf = (pid: number | string | undefined) =>
	Number.parseInt(readFileSync(`/proc/${pid}/coredump_filter`, "utf8"), 16);

describe("a heap snapshot or a report of Node that NODE_OPTIONS asks for", () => {
	it.each(["--heapsnapshot-signal=SIGUSR2", "--report-on-signal --report-signal=SIGUSR2"])(
		"is never one of the launcher: %s",
		async (options) => {
			const folder = folderWith("{}\n");
			const { child, ended, said } = launch(
				folder,
				["--", "sh", "-c", "trap 'exit 5' USR2; echo ready; read line"],
				{
					NODE_OPTIONS: options,
					VAULT_TOKEN: "sentinel",
				},
			);
			await said("ready");
			child.kill("SIGUSR2");
			expect(await ended).toMatchObject({ status: 5, stderr: "" });
			expect(readdirSync(folder)).toEqual(["secrets.map.yaml"]);
		},
	);
});

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
		const { stdout } = spawnSync("sh", ["-c", run, ...LAUNCHER, "--", "cat", "/proc/self/coredump_filter"], {
			cwd: EMPTY,
			encoding: "utf8",
		});
		expect(stdout).toBe("0000001f\n");
	});
});
