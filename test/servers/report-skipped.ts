import { relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";

/** Names at the end of a run the files whose tests were skipped for want of a real server. */
export function reportSkipped(): Reporter {
	return {
		onTestRunEnd(modules) {
			const { DSTA_TEST_MOTO, DSTA_TEST_VAULT } = process.env;
			if (DSTA_TEST_VAULT !== undefined && DSTA_TEST_MOTO !== undefined) return;
			const lines = modules.map(lineOf).filter((line) => line !== undefined);
			const missing = "SKIPPED, since OpenBao and moto could not be started (see above):";
			process.stderr.write(`\n${[missing, ...lines].join("\n  ")}\n\n`);
		},
	};
}

function lineOf({ children, moduleId }: TestModule): string | undefined {
	const skipped = [...children.allTests("skipped")].length;
	return skipped === 0 ? undefined : `${relative(process.cwd(), moduleId)}: ${skipped} skipped`;
}
