import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { createAwsBackend } from "../../../src/backends/aws/aws.ts";
import type { BackendContext } from "../../../src/backends/backend.ts";
import { openBackend, request } from "./backend.ts";

const CONTEXT: BackendContext = {
	env: {},
	home: undefined,
	cwd: "/",
	paths: [],
	settings: {},
	log: () => undefined,
};

describe("Where AWS is asked for a path", () => {
	it.each([
		["a/b/c", ["dsta/a/b key c", "dsta/a/b/c", "a/b key c", "a/b/c"]],
		["a/b#c", ["dsta/a/b key c", "a/b key c"]],
		["a/b#/x/y~1z", ["dsta/a/b at /x/y~1z", "a/b at /x/y~1z"]],
		["a/b/*", ["dsta/a/b", "a/b"]],
		["a", ["dsta/a", "a"]],
	])("%s", (path, locations) => {
		expect(openBackend("http://localhost").locations(request(path))).toEqual(locations);
	});

	it.each([
		["team/", ["team/a key b", "team/a/b", "a key b", "a/b"]],
		["team", ["team/a key b", "team/a/b", "a key b", "a/b"]],
		["team-", ["team-a key b", "team-a/b", "a key b", "a/b"]],
		["", ["a key b", "a/b"]],
	])("a/b with the prefix %j of the map, or of the entry", (prefix, locations) => {
		expect(openBackend("http://x", { settings: { prefix } }).locations(request("a/b"))).toEqual(locations);
		const overridden = request("a/b", { overrides: { prefix } });
		expect(openBackend("http://x").locations(overridden)).toEqual(locations);
	});

	it("leaves out names that AWS does not allow", () => {
		const backend = openBackend("http://x");
		expect(backend.locations(request("a b/c"))).toEqual([]);
		expect(backend.locations(request("a/b c"))).toEqual(["dsta/a key b c", "a key b c"]);
		expect(backend.locations(request(`${"x".repeat(508)}#c`))).toEqual([`${"x".repeat(508)} key c`]);
	});

	it("takes an ARN as it is", () => {
		const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:team/db-AbCdEf";
		const backend = openBackend("http://x");
		expect(backend.locations(request(`${arn}#password`))).toEqual([`${arn} key password`]);
		expect(backend.locations(request(arn))).toEqual([arn]);
		expect(backend.locations(request(`${arn}/*`))).toEqual([arn]);
	});
});

describe("AWS is configured", () => {
	it.each([
		"AWS_REGION",
		"AWS_DEFAULT_REGION",
		"AWS_PROFILE",
		"AWS_ACCESS_KEY_ID",
		"AWS_SECRET_ACCESS_KEY",
		"AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI",
	])("by %s", (name) => {
		expect(createAwsBackend({ ...CONTEXT, env: { [name]: "x" } })?.name).toBe("aws");
		expect(createAwsBackend({ ...CONTEXT, env: { [name]: "" } })).toBeUndefined();
	});

	it("by a section of the map, or by being named", () => {
		expect(createAwsBackend({ ...CONTEXT, isNamed: true })?.name).toBe("aws");
	});

	it("by nothing else", () => {
		expect(createAwsBackend({ ...CONTEXT, env: { AWS_PAGER: "", VAULT_ADDR: "x" } })).toBeUndefined();
	});
});

describe("The region", () => {
	it.each([
		[{ AWS_REGION: "r1", AWS_DEFAULT_REGION: "r2" }, "r3", "AWS Secrets Manager in r1"],
		[{ AWS_REGION: "", AWS_DEFAULT_REGION: "r2" }, "r3", "AWS Secrets Manager in r2"],
		[{}, "r3", "AWS Secrets Manager in r3"],
		[{ AWS_PROFILE: "p" }, undefined, "AWS Secrets Manager"],
	])("of %j and %s in the map", (env, region, description) => {
		const context = { ...CONTEXT, env, settings: { region }, isNamed: true };
		expect(createAwsBackend(context)?.description).toBe(description);
	});
});

describe("The SDK", () => {
	const loaded = () =>
		Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes("@aws-sdk"));

	it("is loaded by the first question, and not to be configured, described and advised", async () => {
		const backend = openBackend("http://127.0.0.1:9");
		backend.locations(request("a/b/c"));
		backend.advice(request("a/b/c"));
		expect(loaded()).toBe(false);
		await expect(backend.check(new AbortController().signal)).rejects.toThrow("Connection refused");
		expect(loaded()).toBe(true);
	});
});
