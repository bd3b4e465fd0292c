import type { Backends } from "../../src/resolve/backends.ts";

/** Backends that lend nothing and of which nothing is given back. */
export const givenBackends = (get: Backends["get"]): Backends => ({
	get,
	leases: async () => [],
	keepAlive: async () => undefined,
	close: () => undefined,
	abandon: async () => undefined,
	release: async () => undefined,
});
