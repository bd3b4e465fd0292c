import { describe, expect, it } from "vitest";
import { harmlessFailure, openBackend } from "./backend.ts";
import { type Answer, type Program, refusal, startFakeVault } from "./fake-vault.ts";

const { signal } = new AbortController();
const KV2 = { settings: { kv: 2 as const } };
const CHANGES = new Map([
	["ours", "new"],
	["gone", undefined],
]);
/** As a server has it that counts no versions of metadata. */
const KEPT: Answer = { body: { data: { max_versions: 7, custom_metadata: { theirs: "t", gone: "g" } } } };
const UNKNOWN = refusal(405, "1 error occurred:\n\t* unsupported operation\n\n");

async function annotate(answers: Readonly<Record<string, Answer>>) {
	const program: Program = ({ method }) => answers[method] ?? { status: 204 };
	await using vault = await startFakeVault(program);
	using backend = openBackend(vault.url, {}, KV2);
	const writing = backend.annotations?.write("a/b", CHANGES, signal) as Promise<void>;
	const error = await writing.then(
		() => undefined,
		() => harmlessFailure(writing),
	);
	return { error, calls: vault.calls };
}

describe("What is kept beside a secret of Vault", () => {
	it("is changed by a merge patch of what changes", async () => {
		const { calls, error } = await annotate({});
		expect(error).toBeUndefined();
		expect(calls).toMatchObject([{ method: "PATCH", url: "/v1/secret/metadata/a/b" }]);
		expect(calls[0]?.headers["content-type"]).toBe("application/merge-patch+json");
		expect(JSON.parse(calls[0]?.text ?? "")).toEqual({ custom_metadata: { ours: "new", gone: null } });
	});

	it("is changed as a whole at a server that knows no PATCH, in words that each server knows", async () => {
		const { calls, error } = await annotate({ PATCH: UNKNOWN, GET: KEPT });
		expect(error).toBeUndefined();
		expect(calls.map(({ method }) => method)).toEqual(["PATCH", "GET", "POST"]);
		expect(JSON.parse(calls[2]?.text ?? "")).toEqual({ custom_metadata: { theirs: "t", ours: "new" } });
	});

	it.each<[string, Readonly<Record<string, Answer>>, string, RegExp]>([
		[
			"the words of the server for too many",
			{ PATCH: refusal(400, "custom_metadata validation failed: payload must contain at most 64 keys") },
			"DSTA_CONFIG",
			/wrong: custom_metadata validation failed: payload must contain at most 64 keys$/,
		],
		[
			"the line for a server that knows no PATCH",
			{ PATCH: UNKNOWN, GET: KEPT, POST: refusal(403, "permission denied") },
			"DSTA_DENIED",
			/refused to update secret\/metadata\/a\/b$/,
		],
		[
			"that the secret is not there",
			{ PATCH: { status: 404 }, GET: refusal(404) },
			"DSTA_NOT_FOUND",
			/^Secret not found: a\/b \(.* has no secret\/metadata\/a\/b\)$/,
		],
		[
			"a proxy in the way",
			{ PATCH: { status: 403, body: "<html>" }, GET: { status: 403, body: "<html>" } },
			"DSTA_DENIED",
			/not as Vault does$/,
		],
	])("fails with %s", async (_what, answers, code, message) => {
		const { error } = await annotate(answers);
		expect(error).toMatchObject({ code, path: "a/b" });
		expect(error?.message).toMatch(message);
	});
});
