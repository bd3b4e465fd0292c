import type { WritableBackend } from "../../src/backends/backend.ts";
import { parseSecretPath } from "../../src/secret-path.ts";

/** Asks a backend for all that rotations of a field ask for, from a secret that is not there on. */
export async function rotate(backend: WritableBackend, secret: string): Promise<void> {
	const signal = AbortSignal.timeout(20_000);
	const path = parseSecretPath(`${secret}#key`);
	const { annotations, versions } = backend as Required<WritableBackend>;
	let previous: string | undefined;
	for (const value of ["first", "second"]) {
		const from = new Map([["key", previous]]);
		await backend.write(secret, new Map([["key", value]]), { replace: false, from, signal });
		await annotations.write(secret, new Map([["dsta-run.state", "written"]]), signal);
		await annotations.write(secret, new Map([["dsta-run.state", undefined]]), signal);
		await annotations.read(secret, signal);
		previous = value;
	}
	const found = [];
	for (const { version } of await versions(secret, signal))
		found.push((await backend.read({ path, names: [], version }, signal))?.value);
	if (String(found) !== "second,first") throw new Error(`the versions hold ${found}`);
}
