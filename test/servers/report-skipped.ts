import { relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";
import { IS_PREPARED } from "../examples/prepared.ts";

/** Names at the end of a run the files whose tests were skipped, and what they lack: a real server, or what prepare.sh gets. */
export function reportSkipped(): Reporter {
	return {
		onTestRunEnd(modules) {
			const { DSTA_TEST_MOTO, DSTA_TEST_VAULT } = process.env;
			const lines = modules.map(lineOf).filter((line) => line !== undefined);
			if (DSTA_TEST_VAULT === undefined || DSTA_TEST_MOTO === undefined)
				report("since OpenBao and moto could not be started (see above)", lines);
			else if (!IS_PREPARED) report("until test/examples/prepare.sh has been run once, on Debian", lines);
		},
	};
}

function report(reason: string, lines: readonly string[]): void {
	if (lines.length > 0) process.stderr.write(`\n${[`SKIPPED, ${reason}:`, ...lines].join("\n  ")}\n\n`);
}

function lineOf({ children, moduleId }: TestModule): string | undefined {
	const skipped = [...children.allTests("skipped")].length;
	return skipped === 0 ? undefined : `${relative(process.cwd(), moduleId)}: ${skipped} skipped`;
}
