import type * as Fs from "node:fs";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { openAudit } from "../../src/observe/audit.ts";

let isDiskFull = false;

vi.mock("node:fs", async (load) => {
	const fs = await load<typeof Fs>();
	const fdatasyncSync = (descriptor: number) => {
		if (isDiskFull) throw Object.assign(new Error("quota"), { code: "EDQUOT" });
		fs.fdatasyncSync(descriptor);
	};
	return { ...fs, fdatasyncSync };
});

// As of a network file system, which tells of a full disk no earlier.
it("what may not have come to the disk is kept, and written again", () => {
	const file = join(mkdtempSync(join(tmpdir(), "dsta-run-audit-")), "audit.jsonl");
	const who = { user: "u", uid: 0, host: "h", pid: 1, dsta_run: "0", run: "r" } as const;
	const warnings: string[] = [];
	const audit = openAudit(
		{ file },
		{
			who: { ...who, login_uid: undefined, sudo_user: undefined },
			warn: (message) => warnings.push(message),
		},
	);
	isDiskFull = true;
	audit.note([{ action: "get", path: "one" }]);
	audit.note([{ action: "get", path: "two" }]);
	isDiskFull = false;
	audit.note([{ action: "get", path: "three" }]);
	const lines = readFileSync(file, "utf8").trim().split("\n");
	expect(lines.slice(-3).map((line) => JSON.parse(line).path)).toEqual(["one", "two", "three"]);
	expect(warnings).toEqual([
		expect.stringContaining("are kept in memory"),
		expect.stringContaining("is written again"),
	]);
});
