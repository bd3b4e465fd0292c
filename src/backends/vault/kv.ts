import type { SecretValue } from "../backend.ts";
import { isObject } from "../select.ts";
import { type ApiResponse, errorsOf } from "./client.ts";

/** The versions of Vault's KV engine: https://developer.hashicorp.com/vault/docs/secrets/kv */
export type KvVersion = 1 | 2;

/**
 * What an answer to a read of a secret says. `unclear`: it is not there or not allowed, unless the engine has the other
 * version, in which case the question was wrong.
 */
export type KvReading =
	| {
			readonly kind: "found";
			readonly content: SecretValue;
			readonly version?: string | undefined;
			readonly createdAt?: Date | undefined;
	  }
	/** With a version: the one that was deleted. */
	| { readonly kind: "absent"; readonly version?: string | undefined }
	| { readonly kind: "unclear" | "failed" };

/** Reads the answer to `GET mount/data/secret`. */
export function readV2(response: ApiResponse): KvReading {
	const { body, status } = response;
	const data = body?.data;
	const metadata = isObject(data) ? data.metadata : undefined;
	// A deleted or destroyed version has metadata and no data; Vault answers 404, a proxy or a standby perhaps 200.
	if (isObject(data) && isObject(metadata) && (status === 200 || status === 404)) {
		const version = versionText(metadata.version);
		if (data.data === null || data.data === undefined) return { kind: "absent", version };
		return { kind: "found", content: data.data, version, createdAt: readTime(metadata.created_time) };
	}
	// An engine of version 1 may hold a secret of the name data/….
	if (status === 200 && isObject(data)) return { kind: "unclear" };
	const errors = errorsOf(response);
	const isUnclear = (status === 404 && errors?.length === 0) || (status === 403 && errors !== undefined);
	return { kind: isUnclear ? "unclear" : "failed" };
}

function readTime(text: unknown): Date | undefined {
	const ms = Date.parse(String(text));
	return Number.isNaN(ms) ? undefined : new Date(ms);
}

/** The text of a version in an answer; `undefined` where it is none. */
export function versionText(version: unknown): string | undefined {
	const text = typeof version === "string" ? version : JSON.stringify(version);
	return text !== undefined && /^\d{1,16}$/.test(text) ? text : undefined;
}

/** Reads the answer to `GET mount/secret`. */
export function readV1(response: ApiResponse): KvReading {
	const data = response.body?.data;
	if (response.status === 200 && isObject(data)) return { kind: "found", content: data };
	const isEmpty404 = response.status === 404 && errorsOf(response)?.length === 0;
	return { kind: isEmpty404 && !saysVersioned(response) ? "absent" : "failed" };
}

/** Whether a server answers that a path lacks the `data/` that version 2 of the engine wants. */
export function saysVersioned({ body }: ApiResponse): boolean {
	return Array.isArray(body?.warnings) && body.warnings.some((text) => /versioned/i.test(String(text)));
}
