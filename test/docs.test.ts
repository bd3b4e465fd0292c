import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { extractApi } from "../docs.build.ts";

it("says of every member of the library what it is, and exports each type that another one mentions", () => {
	const folder = mkdtempSync(join(tmpdir(), "dsta-run-docs-"));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	expect(extractApi(folder)).toEqual([]);
});
