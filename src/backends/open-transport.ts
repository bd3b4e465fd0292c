import type { Transport, TransportOptions } from "./transport.ts";

/** Makes the transport for the runtime that this is: the one place that knows there are two. */
export async function openTransport(options: TransportOptions): Promise<Transport> {
	if ("Bun" in globalThis) {
		const { createFetchTransport } = await import("./fetch-http.ts");
		return createFetchTransport(options);
	}
	const { createNodeTransport } = await import("./node-http.ts");
	return createNodeTransport(options);
}
