import { describe, expect, it } from "vitest";
import { everythingOf, failureOf, openBackend, request } from "./backend.ts";
import { type Answer, type Program, refusal, startFakeAws } from "./fake-aws.ts";

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
	const put = (id: string, content: string, stage = "AWSCURRENT") => {
		if (versions.has(id)) return versions.get(id) === content;
		versions.set(id, content);
		if (stage === "AWSCURRENT") makeCurrent(id);
		else labels.set(stage, id);
		return true;
	};
	// A label that is somewhere else than the move says stays there.
	const move = (stage: string, from: string | undefined, to: string | undefined) => {
		if (labels.get(stage) !== from) return false;
		if (to === undefined) labels.delete(stage);
		else if (stage === "AWSCURRENT") makeCurrent(to);
		else labels.set(stage, to);
		return true;
	};
	const program: Program = ({ action, input }) => {
		const { ClientRequestToken: token = "", SecretId, SecretString = "" } = input as Record<string, string>;
		const {
			MoveToVersionId,
			RemoveFromVersionId,
			VersionStage = "AWSCURRENT",
		} = input as Record<string, string>;
		const [stage] = (input.VersionStages as string[] | undefined) ?? [];
		if (action === "PutSecretValue")
			return put(token, SecretString, stage)
				? { body: { VersionId: token, VersionStages: stage === undefined ? ["AWSCURRENT"] : [stage] } }
				: refusal("ResourceExistsException");
		if (action === "UpdateSecretVersionStage")
			return move(VersionStage, RemoveFromVersionId, MoveToVersionId)
				? { body: { Name: SecretId } }
				: refusal("InvalidParameterException");
		if (action === "ListSecretVersionIds") {
			const stagesOf = (id: string) => [...labels].flatMap(([label, own]) => (own === id ? [label] : []));
			const Versions = [...versions.keys()].map((VersionId) => ({
				VersionId,
				VersionStages: stagesOf(VersionId),
				CreatedDate: 1_700_000_000,
			}));
			return { body: { Versions: Versions.filter(({ VersionStages }) => VersionStages.length > 0) } };
		}
		const id = (input.VersionId as string | undefined) ?? labels.get(VersionStage);
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

describe("A field that is written from its value", () => {
	const OLD = '{"k":"old"}';
	const from = new Map([["k", "old"]]);
	const NEW = new Map([["k", "new"]]);

	/** Writes the field, while a test looks on or does something before one of the calls is answered. */
	async function write(
		secret: ReturnType<typeof createSecret>,
		before: (action: string) => unknown = () => {},
	) {
		await using aws = await startFakeAws(async (call, count) => {
			const answer = await before(`${call.action} ${count}`);
			return (answer as Answer | undefined) ?? (secret.program(call, count) as Answer);
		});
		using backend = openBackend(aws.url);
		const outcome = await backend.write("a/b", NEW, { replace: false, from, signal }).catch((error) => error);
		return { outcome, calls: aws.calls.map(({ action, input }) => [action, input] as const) };
	}

	it("is a version that nobody reads until it takes the place of the one that was read", async () => {
		const secret = createSecret(OLD);
		const seen: unknown[] = [];
		const { calls, outcome } = await write(secret, () => void seen.push(secret.current()));
		const VersionId = secret.labels.get("AWSCURRENT");
		expect(outcome).toMatchObject({ version: VersionId, created: false });
		expect(secret.current()).toBe('{"k":"new"}');
		expect(seen).toEqual([OLD, OLD, OLD, '{"k":"new"}']);
		expect(calls.slice(1)).toMatchObject([
			["PutSecretValue", { ClientRequestToken: VersionId, VersionStages: ["AWSPENDING"] }],
			[
				"UpdateSecretVersionStage",
				{ VersionStage: "AWSCURRENT", MoveToVersionId: VersionId, RemoveFromVersionId: "first" },
			],
			["UpdateSecretVersionStage", { VersionStage: "AWSPENDING", RemoveFromVersionId: VersionId }],
		]);
		expect(Object.fromEntries(secret.labels)).toEqual({ AWSCURRENT: VersionId, AWSPREVIOUS: "first" });
	});

	it.each([
		["before it is staged", "PutSecretValue 1"],
		["before it takes their place", "UpdateSecretVersionStage 1"],
	])("is not written where somebody else changes it %s, and never shown", async (_when, moment) => {
		const secret = createSecret(OLD);
		const { outcome } = await write(secret, (call) => {
			if (call === moment) secret.put("theirs", '{"k":"theirs"}');
		});
		expect(outcome).toMatchObject({ code: "DSTA_CONFLICT", path: "a/b", backend: "aws" });
		expect(outcome.message).toBe("Somebody else has changed k of a/b since it was read");
		expect(secret.current()).toBe('{"k":"theirs"}');
		expect(Object.fromEntries(secret.labels)).toEqual({ AWSCURRENT: "theirs", AWSPREVIOUS: "first" });
	});

	it.each([
		["before it is staged", "PutSecretValue 1"],
		["before it takes their place", "UpdateSecretVersionStage 1"],
	])("keeps what somebody else writes beside it %s", async (_when, moment) => {
		const secret = createSecret(OLD);
		const { outcome } = await write(secret, (call) => {
			if (call === moment) secret.put("theirs", '{"k":"old","theirs":"1"}');
		});
		expect(outcome).toMatchObject({ created: false, fields: ["k", "theirs"] });
		expect(secret.current()).toBe('{"k":"new","theirs":"1"}');
		expect(secret.labels.has("AWSPENDING")).toBe(false);
	});

	it.each([
		["by another such write", true],
		["by a write of any kind", false],
	])(
		"and a field beside it that is written at the same time %s are both kept, in either order",
		async (_what, isStaged) => {
			for (const isFirst of [true, false]) {
				const secret = createSecret(OLD);
				const names = isFirst ? ["k", "l"] : ["l", "k"];
				const writeTo = async (key = "") => {
					using backend = openBackend(aws.url);
					const basis = key === "k" ? { from } : isStaged ? { from: new Map([["l", undefined]]) } : {};
					await backend.write("a/b", new Map([[key, "new"]]), { ...merge, ...basis });
				};
				const states: string[] = [];
				await using aws = await startFakeAws(async (call, count) => {
					if (call.action === "PutSecretValue" && count === 1) await writeTo(names[1]);
					const answer = secret.program(call, count) as Answer;
					states.push(secret.current() ?? "");
					return answer;
				});
				await writeTo(names[0]);
				// What has been written once is there from then on.
				for (const field of ['"k":"new"', '"l":"new"']) {
					const has = states.map((state) => state.includes(field));
					expect(has).toEqual([...has].sort());
				}
				expect(JSON.parse(secret.current() ?? "")).toEqual({ k: "new", l: "new" });
				expect(secret.labels.has("AWSPENDING")).toBe(false);
			}
		},
	);

	it("is written where the answer to the move is lost, and the move that is made again is refused", async () => {
		const secret = createSecret(OLD);
		const { calls, outcome } = await write(secret, (call) => {
			if (call !== "UpdateSecretVersionStage 1") return undefined;
			secret.makeCurrent(secret.labels.get("AWSPENDING") as string);
			return { status: 500 };
		});
		expect(outcome).toMatchObject({ version: secret.labels.get("AWSCURRENT"), created: false });
		expect(secret.current()).toBe('{"k":"new"}');
		expect(calls.filter(([action]) => action === "PutSecretValue")).toHaveLength(1);
	});

	it("is left pending by who is cut off before the move, and the next one takes its place", async () => {
		const secret = createSecret(OLD);
		const controller = new AbortController();
		await using aws = await startFakeAws((call, count) => {
			if (call.action !== "UpdateSecretVersionStage" || count > 1) return secret.program(call, count);
			controller.abort();
			return "silence";
		});
		using backend = openBackend(aws.url);
		const cutOff = backend.write("a/b", NEW, { replace: false, from, signal: controller.signal });
		expect((await failureOf(cutOff)).code).toBe("DSTA_TIMEOUT");
		expect(await backend.read(request("a/b/k"), signal)).toMatchObject({ value: "old", version: "first" });
		const version = secret.labels.get("AWSPENDING") as string;
		const versions = await backend.versions?.("a/b", signal);
		expect(versions).toMatchObject([
			{ version: "first", isCurrent: true, isPending: false },
			{ version, isCurrent: false, isPending: true, isReadable: true },
		]);
		await backend.write("a/b", new Map([["k", "other"]]), { replace: false, from, signal });
		expect(secret.current()).toBe('{"k":"other"}');
		expect(Object.keys(Object.fromEntries(secret.labels))).toEqual(["AWSCURRENT", "AWSPREVIOUS"]);
	});

	it("is denied to who may not move the label, who is told which statement is missing", async () => {
		const secret = createSecret(OLD);
		const { outcome } = await write(secret, (call) =>
			call.startsWith("UpdateSecretVersionStage") ? refusal("AccessDeniedException") : undefined,
		);
		expect(outcome).toMatchObject({ code: "DSTA_DENIED", path: "a/b" });
		expect(outcome.cure).toContain('"Action":"secretsmanager:UpdateSecretVersionStage"');
		expect(everythingOf(outcome)).not.toContain("sentinel");
		expect(secret.current()).toBe(OLD);
	});
});
