import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = new URL("../..", import.meta.url).pathname;

/** Where prepare.sh has put what the tests of the examples need. */
export const PREPARED: string = process.env.DSTA_TEST_EXAMPLES ?? join(ROOT, ".cache/examples");

/** Whether it has, as it is written now and for the examples as they are. */
export const IS_PREPARED: boolean = isPrepared();

function isPrepared(): boolean {
	const complete = join(PREPARED, "complete");
	if (!existsSync(complete)) return false;
	const madeFrom = ["test/examples/prepare.sh", "examples/*/package.json", "examples/*/requirements.txt"];
	const files = madeFrom.flatMap((pattern) => globSync(pattern, { cwd: ROOT }).sort());
	return (
		readFileSync(complete, "utf8") === files.map((file) => readFileSync(join(ROOT, file), "utf8")).join("")
	);
}
