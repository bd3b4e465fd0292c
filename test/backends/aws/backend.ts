import { createAwsBackend } from "../../../src/backends/aws/aws.ts";
import type { BackendContext, Found, ReadRequest, WritableBackend } from "../../../src/backends/backend.ts";
import { DstaError } from "../../../src/errors.ts";
import { parseSecretPath } from "../../../src/secret-path.ts";
import { askedInBuild } from "../../contract/remote.ts";

/** What no output may ever show. */
export const SENTINELS = {
	secretKey: "sentinel-secret-access-key",
	sessionToken: "sentinel-session-token",
	message: "sentinel-message",
};

export const KEYS = {
	AWS_REGION: "us-east-1",
	AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
	AWS_SECRET_ACCESS_KEY: SENTINELS.secretKey,
	AWS_SESSION_TOKEN: SENTINELS.sessionToken,
};

/** A backend for static keys and one endpoint. */
export function openBackend(
	endpoint: string,
	context: Partial<BackendContext> = {},
): WritableBackend & Disposable {
	const whole = {
		env: { ...KEYS, AWS_ENDPOINT_URL: endpoint },
		home: "/nonexistent",
		cwd: "/",
		paths: [],
		settings: {},
		log: () => undefined,
		...context,
	};
	const made = createAwsBackend(whole);
	if (made === undefined) throw new Error("not configured");
	const backend = askedInBuild(made, "aws", whole);
	return { ...backend, [Symbol.dispose]: () => backend.close() };
}

export function request(path: string, more: Partial<ReadRequest> = {}): ReadRequest {
	return { path: parseSecretPath(path), names: ["NAME"], ...more };
}

/** Reads paths in one turn of the event loop, as a resolution does. */
export function readAll(
	backend: WritableBackend,
	paths: readonly string[],
	signal = new AbortController().signal,
): Promise<readonly (Found | undefined)[]> {
	return Promise.all(paths.map((path) => backend.read(request(path), signal)));
}

/** The values of paths, in their order. */
export async function valuesOf(
	backend: WritableBackend,
	...paths: readonly string[]
): Promise<readonly unknown[]> {
	return (await readAll(backend, paths)).map((found) => found?.value);
}

/** The expected failure of an action; another error, or none, is a defect of the test. */
export async function failureOf(action: Promise<unknown>): Promise<DstaError> {
	try {
		await action;
	} catch (error) {
		if (error instanceof DstaError) return error;
		throw error;
	}
	throw new Error("nothing failed");
}

/** All that an error could show anywhere. */
export function everythingOf(error: DstaError): string {
	return `${JSON.stringify(error)} ${error.message} ${error.cure} ${error.stack} ${String(error.cause)}`;
}
