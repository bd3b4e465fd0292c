import { setTimeout as sleep } from "node:timers/promises";
import type { ApiResponse } from "./client.ts";
import { TransportError } from "./transport.ts";

const ATTEMPTS = 3;
const FIRST_DELAY_MS = 100;

/**
 * Sends a read up to three times: again after a connection error, 412, 429 or 5xx, with exponential full jitter between.
 * A certificate that is wrong stays wrong, so TLS failures are final.
 */
export async function withRetries(
	send: () => Promise<ApiResponse>,
	signal: AbortSignal,
): Promise<ApiResponse> {
	for (let attempt = 1; ; attempt++) {
		try {
			const response = await send();
			if (attempt === ATTEMPTS || !isTransient(response)) return response;
		} catch (error) {
			if (attempt === ATTEMPTS || !(error instanceof TransportError) || !isConnectionError(error))
				throw error;
		}
		await sleep(Math.random() * FIRST_DELAY_MS * 2 ** (attempt - 1), undefined, { signal });
	}
}

function isTransient({ status }: ApiResponse): boolean {
	return status === 412 || status === 429 || status >= 500;
}

function isConnectionError({ code }: TransportError): boolean {
	return !/CERT|TLS|SIGNATURE|EPROTO|TOO_LARGE|REDIRECT/.test(code);
}
