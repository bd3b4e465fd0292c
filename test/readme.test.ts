import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BACKEND_NAMES } from "../src/backends/registry.ts";
import { EXIT_STATUS } from "../src/errors.ts";
import { parseSecretMap } from "../src/map/parse.ts";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");

describe("the README", () => {
	it.each([...README.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, map]) => map as string))(
		"shows a map that is right: %s",
		(map) => {
			expect(
				parseSecretMap(map, { file: "README.md", backends: BACKEND_NAMES }).entries.length,
			).toBeGreaterThan(2);
		},
	);

	it.each(Object.entries(EXIT_STATUS))("explains %s with status %i", (code, status) => {
		expect(README).toContain(`| \`${code}\` | ${status} |`);
	});
});
