import { defineConfig } from "vitest/config";
import { reportSkipped } from "./test/servers/report-skipped.ts";

export default defineConfig({
	test: {
		projects: [
			{ extends: true, test: { name: "npm package", include: ["test/**/*.test.ts"] } },
			{
				extends: true,
				test: {
					name: "npm package, exec mode",
					include: ["start", "spawn", "environment", "resolving"].map((name) => `test/process/${name}.test.ts`),
					env: { DSTA_TEST_MODE: "exec" },
				},
			},
			{
				extends: true,
				test: {
					name: "standalone executable",
					include: ["test/process/*.test.ts", "test/cli/*.test.ts", "test/e2e/*.test.ts"],
					// About what the npm package loads, and about the Node that carries it.
					exclude: ["test/e2e/loaded.test.ts", "test/cli/old-node.test.ts"],
					env: { DSTA_TEST_BUILD: "standalone" },
				},
			},
		],
		globalSetup: ["test/servers/setup.ts"],
		reporters: ["default", reportSkipped()],
		testTimeout: 30_000,
		hookTimeout: 120_000,
	},
});
