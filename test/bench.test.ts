import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const BENCH = new URL("../bench/bench.ts", import.meta.url).pathname;

function bench(...args: readonly string[]) {
	const output = mkdtempSync(join(tmpdir(), "dsta-run-bench-"));
	const { status, stderr, stdout } = spawnSync(process.execPath, [BENCH, "--output", output, ...args], {
		encoding: "utf8",
	});
	expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
	return { output, stdout };
}

describe("the bench", () => {
	it("compares our builds in both modes, checks what they give, and shows the targets and statuses", () => {
		const { output, stdout } = bench("--only", "env", "--rounds", "1", "--launchers", "dsta-run");
		expect(readFileSync(join(output, "bench.md"), "utf8")).toBe(stdout);
		for (const build of ["npm", "standalone"])
			for (const mode of ["spawn", "exec"]) {
				const rows = stdout.split("\n").filter((line) => line.startsWith(`| dsta-run (${build}, ${mode}) |`));
				const [measured = "", summed, ended] = rows;
				expect(measured).toMatch(/^\| [^|]+ \| -?[\d.]+ \(-?[\d.]+\) \| -?[\d.]+ \| [\d.]+ \|/);
				expect(measured).toMatch(/: (?:met|\*\*not met\*\*) \(/);
				if (mode === "exec") expect(measured).toContain("| none | none |");
				expect(summed).toMatch(/^\| [^|]+ \| -?\d+ \|$/);
				expect(ended).toMatch(/\| \d+\.\d+\.\d+ \| 7, TERM \|$/);
			}
	});
});
