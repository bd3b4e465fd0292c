import { existsSync } from "node:fs";
import { join } from "node:path";

/** Where prepare.sh has put what the tests of the examples need. */
export const PREPARED: string =
	process.env.DSTA_TEST_EXAMPLES ?? new URL("../../.cache/examples", import.meta.url).pathname;

/** Whether it has. */
export const IS_PREPARED: boolean = existsSync(join(PREPARED, "complete"));
