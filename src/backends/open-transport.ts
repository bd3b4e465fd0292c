import { now } from "../clock.ts";
import type { Transport, TransportOptions } from "./transport.ts";

/** So long connections are kept that nobody uses: firewalls forget them after a minute or more, and tell nobody. */
const IDLE_MS = 30_000;

/** Makes the transport for the runtime that this is. Connections that were not used for long are not trusted any more. */
export async function openTransport(options: TransportOptions): Promise<Transport> {
	const create = await loadTransport();
	let transport = create(options);
	let underWay = 0;
	let usedAt = now();
	return {
		async send(request) {
			if (underWay === 0 && now() - usedAt > IDLE_MS) {
				transport.close();
				transport = create(options);
			}
			underWay++;
			try {
				return await transport.send(request);
			} finally {
				underWay--;
				usedAt = now();
			}
		},
		close: () => transport.close(),
	};
}

/** The one place that knows there are two runtimes. */
async function loadTransport(): Promise<(options: TransportOptions) => Transport> {
	if ("Bun" in globalThis) return (await import("./fetch-http.ts")).createFetchTransport;
	return (await import("./node-http.ts")).createNodeTransport;
}
