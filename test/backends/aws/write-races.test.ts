import { describe, expect, it } from "vitest";
import { openBackend } from "./backend.ts";
import { type Program, refusal, startFakeAws } from "./fake-aws.ts";

const { signal } = new AbortController();
const merge = { replace: false, signal };

/** One secret as AWS keeps it; whoever moves its labels is the test. */
function createSecret(text: string) {
	const versions = new Map([["first", text]]);
	const labels = new Map([["AWSCURRENT", "first"]]);
	const makeCurrent = (id: string) => {
		labels.set("AWSPREVIOUS", labels.get("AWSCURRENT") as string);
		labels.set("AWSCURRENT", id);
	};
	const put = (id: string, content: string) => {
		if (versions.has(id)) return versions.get(id) === content;
		versions.set(id, content);
		makeCurrent(id);
		return true;
	};
	const program: Program = ({ action, input }) => {
		const {
			ClientRequestToken,
			SecretId,
			SecretString,
			VersionStage = "AWSCURRENT",
		} = input as Record<string, string>;
		if (action === "PutSecretValue")
			return put(ClientRequestToken as string, SecretString as string)
				? { body: { VersionId: ClientRequestToken } }
				: refusal("ResourceExistsException");
		const id = labels.get(VersionStage);
		if (SecretId !== "dsta/a/b" || id === undefined) return refusal("ResourceNotFoundException");
		return { body: { Name: SecretId, SecretString: versions.get(id), VersionId: id } };
	};
	return { labels, makeCurrent, put, program, current: () => versions.get(labels.get("AWSCURRENT") ?? "") };
}

describe("A secret that somebody else changes while it is being written", () => {
	it.each(["good", "bad"])("went back to an earlier version and gets the value %s", async (value) => {
		const secret = createSecret('{"k":"old"}');
		await using aws = await startFakeAws(secret.program);
		using backend = openBackend(aws.url);
		const { version } = await backend.write("a/b", new Map([["k", "bad"]]), merge);
		secret.makeCurrent("first");
		const again = await backend.write("a/b", new Map([["k", value]]), merge);
		expect(secret.current()).toBe(`{"k":"${value}"}`);
		expect(again.version).toBe(secret.labels.get("AWSCURRENT"));
		expect(again.version).not.toBe(version);
	});

	it.each([
		["merged into", false, '{"k":"new","theirs":"1"}'],
		["replaced", true, '{"k":"new"}'],
	])("in another way is %s", async (_what, replace, expected) => {
		const secret = createSecret('{"k":"old"}');
		await using aws = await startFakeAws((call, count) => {
			if (call.action === "PutSecretValue" && count === 1) secret.put("theirs", '{"k":"old","theirs":"1"}');
			return secret.program(call, count);
		});
		using backend = openBackend(aws.url);
		await backend.write("a/b", new Map([["k", "new"]]), { replace, signal });
		expect(secret.current()).toBe(expected);
	});

	it("is not written over by the compensation where it has changed again", async () => {
		const secret = createSecret('{"k":"old"}');
		await using aws = await startFakeAws((call, count) => {
			if (call.action === "PutSecretValue") secret.put("theirs", '{"theirs":"1"}');
			const answer = secret.program(call, count);
			if (call.action === "PutSecretValue") secret.put("newest", '{"k":"newest"}');
			return answer;
		});
		using backend = openBackend(aws.url);
		await backend.write("a/b", new Map([["k", "new"]]), merge);
		expect(secret.current()).toBe('{"k":"newest"}');
	});

	it("is written all the same where the earlier version may not be read", async () => {
		const secret = createSecret('{"k":"old"}');
		await using aws = await startFakeAws((call, count) =>
			call.input.VersionStage === undefined ? secret.program(call, count) : refusal("AccessDeniedException"),
		);
		using backend = openBackend(aws.url);
		await backend.write("a/b", new Map([["k", "new"]]), merge);
		expect(secret.current()).toBe('{"k":"new"}');
		expect(aws.calls.filter(({ action }) => action === "PutSecretValue")).toHaveLength(1);
	});
});
