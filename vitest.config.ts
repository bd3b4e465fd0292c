import { defineConfig } from "vitest/config";
import { reportSkipped } from "./test/servers/report-skipped.ts";

export default defineConfig({
	test: {
		include: ["test/**/*.test.ts"],
		globalSetup: ["test/servers/setup.ts"],
		reporters: ["default", reportSkipped()],
		testTimeout: 30_000,
		hookTimeout: 120_000,
	},
});
