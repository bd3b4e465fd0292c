import type { Backend, BackendContext } from "../../src/backends/backend.ts";
import { openEnvFile } from "../../src/backends/env/env-file.ts";
import { BACKENDS, type BackendName } from "../../src/backends/registry.ts";

/** What makes a backend, as plain data: another process can make it as well. */
export interface Context extends Partial<Omit<BackendContext, "envFile" | "onSent" | "log">> {
	/** The folder of a .env; none is read where there is no folder. */
	readonly folder?: string;
}

/** Makes a backend in this process. */
export async function createBackend(
	name: BackendName,
	{ folder, ...context }: Context,
	log: BackendContext["log"] = () => undefined,
): Promise<Backend | undefined> {
	const create = await BACKENDS[name]();
	return create({
		env: {},
		home: undefined,
		cwd: "/",
		paths: [],
		settings: {},
		envFile: folder === undefined ? undefined : openEnvFile({ cwd: folder }),
		log,
		...context,
	});
}
