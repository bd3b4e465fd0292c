import { describe, expect, it } from "vitest";
import type { Backend, Revision } from "../../src/backends/backend.ts";
import { DstaError } from "../../src/errors.ts";
import { questionsOf, takeMarks } from "../../src/resolve/marks.ts";
import { parseSecretPath } from "../../src/secret-path.ts";

const DOWN = new DstaError("DSTA_UNAVAILABLE", "Vault not available", { cure: "", backend: "vault" });

type Said = Revision | DstaError;

/** A backend that says the same of each path, and has a value. */
function backendOf(revision: Said | undefined, value: string | DstaError | undefined): Backend {
	const give = async <T>(answer: T | DstaError): Promise<T> => {
		if (answer instanceof DstaError) throw answer;
		return answer;
	};
	return {
		name: "vault",
		description: "",
		read: async () => {
			const found = await give(value);
			return found === undefined ? undefined : { value: found, location: "" };
		},
		...(revision === undefined ? {} : { revision: () => give(revision) }),
		locations: () => [],
		advice: () => "",
		check: async () => undefined,
		close: () => undefined,
	};
}

const entry = (path: string) => ({ path: parseSecretPath(path), names: ["A"] });
const attempt = (backend: "vault" | "aws" | "env", outcome: "found" | "absent" | "failed" | "not asked") => ({
	...{ backend, outcome },
	...{ detail: "", durationMs: 0 },
});

describe("the questions behind an answer", () => {
	it("go to all that were asked for it, once for each", () => {
		const attempts = [attempt("vault", "failed"), attempt("aws", "found"), attempt("env", "not asked")];
		const questions = questionsOf([
			{ entry: entry("a/b/c"), attempts },
			{ entry: entry("a/b/c"), attempts },
		]);
		expect(questions.map(({ name, request }) => [name, request.path.text])).toEqual([
			["vault", "a/b/c"],
			["aws", "a/b/c"],
		]);
	});
});

describe("a mark", () => {
	it.each<[revision: Said | undefined, value: string | DstaError | undefined, mark: string | undefined]>([
		[{ kind: "known", text: "version 3" }, DOWN, "revision version 3"],
		[{ kind: "absent" }, DOWN, "absent"],
		[{ kind: "unknown" }, "v", 'value print of "v"'],
		[{ kind: "unknown" }, undefined, "absent"],
		[undefined, "v", 'value print of "v"'],
		[DOWN, "v", undefined],
		[{ kind: "unknown" }, DOWN, undefined],
	])("of revision %j and value %j is %s", async (revision, value, mark) => {
		const questions = questionsOf([{ entry: entry("a/b/c"), attempts: [attempt("vault", "found")] }]);
		const { failures, texts } = await takeMarks(questions, {
			backends: { get: async () => backendOf(revision, value) } as never,
			backendTimeoutMs: () => 1000,
			timeoutMs: 1000,
			print: (text) => `print of ${text}`,
		});
		expect([...texts.values()]).toEqual(mark === undefined ? [] : [mark]);
		expect(failures).toEqual(mark === undefined ? [DOWN] : []);
	});
});
