import { expect, it } from "vitest";
import { contentOf } from "../../../src/backends/aws/content.ts";

it("the JSON of a secret is parsed once, however many of its fields are asked for", () => {
	const stored = { SecretString: '{"c":{"d":"v"}}' };
	expect(contentOf(stored)).toEqual({ c: { d: "v" } });
	expect(contentOf(stored)).toBe(contentOf(stored));
});
