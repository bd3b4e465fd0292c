import { defineConfig } from "vitest/config";
import { reportSkipped } from "./test/servers/report-skipped.ts";

// For each project, so that each has servers of its own and one does not find what another has left there.
const globalSetup = ["test/servers/setup.ts"];

// What holds in exec mode as it does in front of the command; the rest is in exec.test.ts.
const EXEC_MODE = "start spawn environment resolving rootfs files keys job-control hang-up"
	.split(" ")
	.map((name) => `test/process/${name}.test.ts`);

export default defineConfig({
	test: {
		projects: [
			{
				extends: true,
				test: {
					name: "npm package",
					globalSetup,
					include: ["test/**/*.test.ts"],
					// About what the standalone executable alone can do.
					exclude: ["test/process/together.test.ts", "test/e2e/chunks.test.ts"],
				},
			},
			{
				extends: true,
				test: {
					isolate: false,
					name: "npm package, exec mode",
					globalSetup,
					include: EXEC_MODE,
					// A terminal sees no difference between a command that was Node and one that was the standalone executable.
					exclude: ["test/process/keys.test.ts"],
					env: { DSTA_TEST_MODE: "exec" },
				},
			},
			{
				extends: true,
				test: {
					isolate: false,
					name: "standalone executable, exec mode",
					globalSetup,
					include: EXEC_MODE,
					env: { DSTA_TEST_BUILD: "standalone", DSTA_TEST_MODE: "exec" },
				},
			},
			{
				extends: true,
				test: {
					isolate: false,
					name: "standalone executable",
					globalSetup,
					include: [
						...["process", "cli", "e2e", "contract", "backends/vault", "backends/aws"].map(
							(folder) => `test/${folder}/*.test.ts`,
						),
						"test/examples/node.test.ts",
					],
					// About what the npm package loads, and about the Node that carries it.
					exclude: [
						"test/e2e/loaded.test.ts",
						"test/cli/old-node.test.ts",
						"test/process/reaper.test.ts",
						"test/backends/aws/content.test.ts",
						"test/backends/aws/names.test.ts",
						"test/backends/vault/keep-alive.test.ts",
						"test/backends/vault/lasting-leases.test.ts",
						"test/backends/aws/lasting-credentials.test.ts",
					],
					env: { DSTA_TEST_BUILD: "standalone" },
				},
			},
		],
		reporters: ["default", reportSkipped()],
		// Most tests wait for processes that they started.
		maxWorkers: 3,
		testTimeout: 30_000,
		hookTimeout: 120_000,
	},
});
