import { DstaError } from "../../src/errors.ts";
import { parseSecretPath } from "../../src/secret-path.ts";
import { createBackend } from "./context.ts";

// A process that reads one path and ends by itself. The read is given up when standard input ends.
const { backend: name, context, path } = JSON.parse(process.argv[2] as string);
const backend = await createBackend(name, context);

const controller = new AbortController();
process.stdin.once("end", () => controller.abort()).resume();
// Neither holds the process: what does is the backend's.
process.stdin.unref();
try {
	const found = await backend?.read({ path: parseSecretPath(path), names: [] }, controller.signal);
	process.stdout.write(found === undefined ? "absent" : "found");
} catch (error) {
	if (!(error instanceof DstaError)) throw error;
	process.stdout.write(error.code);
}
backend?.close();
