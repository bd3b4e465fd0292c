import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers questions over HTTP on a port of its own. */
export async function startHttp(
	listener: RequestListener,
): Promise<{ readonly url: string } & AsyncDisposable> {
	const server = createServer(listener);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
