import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { motoAddress } from "../backends/aws/moto.ts";
import { openAccount } from "./aws-account.ts";
import { openExample } from "./open-example.ts";
import { IS_PREPARED, PREPARED } from "./prepared.ts";

type Blocks = Readonly<Record<string, readonly [Readonly<Record<string, unknown>>]>>;

/** What a configuration holds: the blocks of each kind by their name, expressions as `${…}`. */
interface Configuration {
	readonly variable: Blocks;
	readonly resource: Readonly<
		Record<"aws_secretsmanager_secret" | "aws_secretsmanager_secret_version", Blocks>
	>;
}

const FILE = new URL("../../examples/terraform/main.tf", import.meta.url).pathname;
const VALUES: Readonly<Record<string, string>> = {
	binance_api_key: "key-of-terraform",
	binance_api_secret: "secret-of-terraform",
	postgres_password: "password-of-terraform",
};

describe.skipIf(!IS_PREPARED)("the example for Terraform", () => {
	let configuration: Configuration;
	beforeAll(async () => {
		// Terraform's own parser, as WebAssembly.
		const { parse } = createRequire(join(PREPARED, "node/"))("@cdktn/hcl2json");
		configuration = await parse(FILE, readFileSync(FILE, "utf8"));
	});

	/** The text that a version of a secret gets, as Terraform makes it of the expressions that are used here. */
	function textOf(expression: string): string {
		const names = [...expression.matchAll(/(?:(\w+)\s*=\s*)?\bvar\.(\w+)/g)];
		for (const [, , name] of names)
			expect(configuration.variable[name as string]?.[0]).toMatchObject({ sensitive: true, ephemeral: true });
		const fields = names.map(([, field, name]) => [field, VALUES[name as string]]);
		const isObject = /^\$\{jsonencode\(/.test(expression);
		return isObject ? JSON.stringify(Object.fromEntries(fields)) : (fields[0]?.[1] as string);
	}

	it.skipIf(motoAddress() === "")("makes secrets that its map finds, by the names of the guide", async () => {
		const account = await openAccount("arn:aws:iam::444455556666:role/terraform");
		const { aws_secretsmanager_secret: secrets, aws_secretsmanager_secret_version: versions } =
			configuration.resource;
		expect(Object.keys(versions)).toEqual(Object.keys(secrets));
		for (const [name, [secret]] of Object.entries(secrets)) {
			const version = versions[name]?.[0];
			expect(version?.secret_id).toBe(`\${aws_secretsmanager_secret.${name}.id}`);
			await account.createSecret(secret.name as string, textOf(version?.secret_string_wo as string));
		}
		using example = openExample("terraform");
		const { status, stdout } = await example.start("dsta-run check", account.env).ended;
		expect({
			status,
			found: [...stdout.matchAll(/^(\w+) +(\S+) +aws +ok/gm)].map(([, name, path]) => [name, path]),
		}).toEqual({
			status: 0,
			found: [
				["BINANCE_API_KEY", "exchange/binance/api_key"],
				["BINANCE_API_SECRET", "exchange/binance/api_secret"],
				["POSTGRES_PASSWORD", "database/postgres/password"],
			],
		});
	});
});
