import { describe, expect, it } from "vitest";
import type { Overrides } from "../../../src/backends/backend.ts";
import type { BackendName } from "../../../src/backends/registry.ts";
import { parseSecretPath } from "../../../src/secret-path.ts";
import { createBackend } from "../../contract/context.ts";

const VAULT = { VAULT_ADDR: "https://vault.example.com", VAULT_TOKEN: "t" };
const AWS = { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "AKIA1", AWS_SECRET_ACCESS_KEY: "s" };

interface Asked {
	readonly env?: Readonly<Record<string, string>>;
	readonly settings?: Overrides;
	readonly overrides?: Overrides;
}

async function identityAt(name: BackendName, { env = {}, settings = {}, overrides }: Asked = {}) {
	const own = { vault: VAULT, aws: AWS, env: {} }[name];
	const backend = await createBackend(name, { env: { ...own, ...env }, settings });
	return backend?.identity?.({ path: parseSecretPath("a/b/c"), names: ["C"], overrides });
}

describe("who answers", () => {
	it.each<[BackendName, Asked]>([
		["vault", { env: { VAULT_ADDR: "https://staging.example.com" } }],
		["vault", { env: { VAULT_ADDR: "http://vault.example.com" } }],
		["vault", { env: { VAULT_NAMESPACE: "team" } }],
		["vault", { env: { VAULT_NAMESPACE: "" } }],
		["vault", { settings: { mount: "kv" } }],
		["vault", { overrides: { namespace: "team" } }],
		["vault", { overrides: { mount: "kv" } }],
		["aws", { env: { AWS_REGION: "eu-west-1" } }],
		["aws", { env: { AWS_ENDPOINT_URL: "http://localhost:4566" } }],
		["aws", { env: { AWS_PROFILE: "staging" } }],
		["aws", { env: { AWS_ROLE_ARN: "arn:aws:iam::2:role/app" } }],
		["aws", { env: { AWS_ACCESS_KEY_ID: "AKIA2" } }],
		["aws", { settings: { assume_role: { roleArn: "arn:aws:iam::2:role/app" } } }],
		["aws", { settings: { prefix: "team/" } }],
		["aws", { overrides: { region: "eu-west-1" } }],
	])("differs at %s: %j", async (name, asked) => {
		const [usual, other] = [await identityAt(name), await identityAt(name, asked)];
		expect(usual).toEqual(expect.any(String));
		expect(other).toEqual(expect.any(String));
		expect(other).not.toBe(usual);
	});

	it.each<[BackendName, Asked, Asked]>([
		["vault", {}, { env: { VAULT_TOKEN: "another" } }],
		["vault", {}, { env: { VAULT_ADDR: "https://vault.example.com/" } }],
		[
			"aws",
			{ env: { AWS_SESSION_TOKEN: "t", AWS_ACCESS_KEY_ID: "ASIA1" } },
			{ env: { AWS_SESSION_TOKEN: "u", AWS_ACCESS_KEY_ID: "ASIA2" } },
		],
	])("is the same at %s: %j and %j", async (name, one, other) => {
		expect(await identityAt(name, one)).toBe(await identityAt(name, other));
	});

	it.each<[BackendName, Asked]>([
		["vault", { overrides: { engine: "raw" } }],
		["env", {}],
	])("is not said where an answer is not to be kept: %s %j", async (name, asked) => {
		expect(await identityAt(name, asked)).toBeUndefined();
	});
});
