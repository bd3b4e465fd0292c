import { expect } from "vitest";
import { signalAfter } from "../../../src/backends/deadline.ts";
import { type ErrorCode, EXIT_STATUS } from "../../../src/errors.ts";
import { request } from "../aws/backend.ts";
import { harmlessFailure, openBackend, SENTINELS } from "./backend.ts";
import { mountAnswer, type Reply, startFakeVault } from "./fake-vault.ts";

/** An answer of version 2 of the engine, with a value that no failure may show. */
export const SECRET = `{"data":{"data":{"c":"${SENTINELS.value}"},"metadata":{"version":1}}}`;

/** The page of a proxy, which repeats what it has seen. */
export const HTML = `<html>${SENTINELS.token} ${SENTINELS.value}</html>`;

/** The fault, the answer, then the failure: its code, its words, its cure, and the number of requests. */
export type Row = readonly [string, Reply, ErrorCode, RegExp, RegExp, number];

/** Reads from a server with a fault, and holds what the failure says, its exit status, and that it shows nothing secret. */
export async function expectFault([, reply, code, message, cure, count]: Row): Promise<void> {
	await using vault = await startFakeVault(({ url }) => (url.includes("/sys/") ? mountAnswer(2) : reply));
	using backend = openBackend(vault.url);
	const error = await harmlessFailure(backend.read(request("a/b/c"), signalAfter(20_000)));
	const { exitStatus, path } = error;
	expect({ code: error.code, exitStatus, path }).toEqual({
		code,
		exitStatus: EXIT_STATUS[code],
		path: "a/b/c",
	});
	expect(error.message).toMatch(message);
	expect(error.cure).toMatch(cure);
	expect(vault.calls.filter(({ url }) => url === "/v1/secret/data/a/b")).toHaveLength(count);
}
