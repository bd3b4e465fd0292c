import { describe, expect, it, vi } from "vitest";
import type { ReadRequest, Revision } from "../../../src/backends/backend.ts";
import { BUILD } from "../../process/launch.ts";
import { request } from "../aws/backend.ts";
import { harmlessFailure, openBackend } from "./backend.ts";
import { type Answer, mountAnswer, type Reply, refusal, startFakeVault } from "./fake-vault.ts";

const { clock } = vi.hoisted(() => ({ clock: { ms: 0 } }));
vi.mock("../../../src/clock.ts", () => ({ now: () => clock.ms }));

const signal = () => new AbortController().signal;
const DATE = { Date: "Thu, 26 Nov 2026 12:00:00 GMT" };
const ABSENT = { kind: "absent" };
const UNKNOWN = { kind: "unknown" };

/** An answer about a secret, the last version of which is so. */
const metadata = (number: number, version: object = {}): Answer => ({
	headers: DATE,
	body: {
		data: {
			current_version: number,
			custom_metadata: null,
			versions: {
				[number]: { created_time: "2026-11-26T10:00:00.5Z", deletion_time: "", destroyed: false, ...version },
			},
		},
	},
});

/** What is said of a path by a server that answers so for metadata, and the URLs that it was asked for. */
async function revisionBy(reply: Reply, question: ReadRequest, settings: object = { kv: 2 }) {
	await using vault = await startFakeVault((call) => (call.url.includes("/sys/") ? mountAnswer(1) : reply));
	using backend = openBackend(vault.url, {}, { settings: settings as never });
	const revision = await backend.revision?.(question, signal());
	return { revision: revision as Revision, urls: vault.calls.map(({ url }) => url) };
}

describe("the revision of a secret of Vault", () => {
	it.each<[string, Reply, object]>([
		["a version", metadata(3), { kind: "known", text: "version 3 of 2026-11-26T10:00:00.5Z" }],
		[
			"a version that will be deleted",
			metadata(3, { deletion_time: "2026-11-26T12:00:01Z" }),
			{ kind: "known" },
		],
		["one that has been deleted", metadata(3, { deletion_time: "2026-11-26T12:00:00.9Z" }), ABSENT],
		["one that was destroyed", metadata(3, { destroyed: true }), ABSENT],
		["no version yet", { body: { data: { current_version: 0, versions: {} } } }, ABSENT],
		["no secret", refusal(404), ABSENT],
		["no right to see it", refusal(403, "permission denied"), UNKNOWN],
	])("is by its metadata: %s", async (_what, reply, expected) => {
		const { revision, urls } = await revisionBy(reply, request("a/b c/key"));
		expect(revision).toMatchObject(expected);
		expect(urls).toEqual(["/v1/secret/metadata/a/b%20c"]);
	});

	it("is another one where a secret was destroyed and written anew", async () => {
		const revisions = await Promise.all(
			["2026-11-26T10:00:00Z", "2026-11-26T11:00:00Z"].map((time) =>
				revisionBy(metadata(1, { created_time: time }), request("a/b/c")),
			),
		);
		expect(revisions[0]?.revision).not.toEqual(revisions[1]?.revision);
	});

	it.each([
		["of a pinned version", request("a/b/c", { version: 2 }), { kind: "known", text: "version 2" }],
		[
			"of another engine",
			request("database/creds/app#password", { overrides: { engine: "raw" } }),
			{ kind: "known", text: expect.any(String) },
		],
		["of version 1 of the engine", request("a/b/c", { overrides: { kv: 1 } }), UNKNOWN],
	])("%s asks nobody", async (_what, question, expected) => {
		const { revision, urls } = await revisionBy(refusal(500), question);
		expect(revision).toEqual(expected);
		expect(urls).toEqual([]);
	});

	it("is unknown where the engine turns out to have version 1", async () => {
		const { revision, urls } = await revisionBy(refusal(404), request("a/b/c"), {});
		expect(revision).toEqual(UNKNOWN);
		expect(urls).toEqual(["/v1/sys/internal/ui/mounts/secret/a/b"]);
	});

	it.each<[string, Reply, string]>([
		["no such mount", refusal(404, "no handler for route"), "DSTA_CONFIG"],
		["no such namespace", refusal(403, "namespace not found"), "DSTA_CONFIG"],
		["a proxy that refuses", { status: 403, body: "<html></html>" }, "DSTA_DENIED"],
		["an answer of another kind", { body: { data: { keys: [] } } }, "DSTA_UNAVAILABLE"],
	])("fails as a read does: %s", async (_what, reply, code) => {
		const error = await harmlessFailure(revisionBy(reply, request("a/b/c")));
		expect(error).toMatchObject({ code, path: "a/b/c" });
	});

	it("shares a request between the paths of one secret and one namespace", async () => {
		await using vault = await startFakeVault((_call, count) =>
			count === 1 ? refusal(400, "no") : metadata(1),
		);
		using backend = openBackend(vault.url, {}, { settings: { kv: 2 } });
		const shared = signal();
		const paths = ["a/b/c", "a/b#d", "a/b/*"];
		const ask = (by: AbortSignal) =>
			Promise.allSettled(paths.map((path) => backend.revision?.(request(path), by)));
		expect((await ask(shared)).map(({ status }) => status)).toEqual(Array(3).fill("rejected"));
		const known = await ask(signal());
		expect(new Set(known.map((one) => JSON.stringify(one))).size).toBe(1);
		await backend.revision?.(request("a/b/c", { overrides: { namespace: "team" } }), signal());
		expect(vault.calls.map(({ headers }) => headers["x-vault-namespace"])).toEqual([
			undefined,
			undefined,
			"team",
		]);
	});

	// The clock of another process cannot be set.
	if (BUILD === "npm")
		it("is not asked for again for an hour where the policy grants none", async () => {
			await using vault = await startFakeVault((_call, count) =>
				count === 1 ? refusal(403, "permission denied") : metadata(1),
			);
			using backend = openBackend(vault.url, {}, { settings: { kv: 2 } });
			for (let poll = 1; poll <= 3; poll++)
				expect(await backend.revision?.(request("a/b/c"), signal())).toEqual(UNKNOWN);
			expect(vault.calls).toHaveLength(1);
			clock.ms += 3_600_000;
			expect(await backend.revision?.(request("a/b/c"), signal())).toMatchObject({ kind: "known" });
		});
});
