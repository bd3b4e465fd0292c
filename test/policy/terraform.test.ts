import { describe, expect, it } from "vitest";
import { list, type Statement } from "./iam.ts";
import { printPolicy, stanzasOf } from "./policy.ts";

const ROLE = "arn:aws:iam::123456789012:role/reader";
const MAP = `vault: { namespace: one }
aws: { region: us-east-1, assume_role: { role_arn: "${ROLE}" } }
secrets:
  a/b/c: A
  'odd/qu"ote \${x} %{y}/z': { env: B, vault: { namespace: one/two } }
`;

/** The text of a heredoc, as Terraform reads it: without its indentation and its escapes. */
function heredocOf(text: string): string {
	const [, body = ""] = /<<-EOT\n([\s\S]*?)\n {2}EOT\n/.exec(text) ?? [];
	return `${body.replace(/^ {4}/gm, "").replaceAll("$${", "${").replaceAll("%%{", "%{")}\n`;
}

const textsOf = (hcl: string) =>
	[...hcl.matchAll(/"(?:[^"\\]|\\.)*"/g)].map(([text]) => JSON.parse(text) as string);

/** The statements of the documents, in the words of Terraform. */
function statementsOf(text: string): readonly object[] {
	const blocks = [...text.matchAll(/^ {2}statement \{\n([\s\S]*?)^ {2}\}\n/gm)].map(
		([, body]) => body as string,
	);
	const wordsOf = (body: string, key: string) =>
		textsOf(new RegExp(`^ +${key} += (\\[[^\\]]*\\]|".*")`, "m").exec(body)?.[1] ?? "");
	return blocks.map((body) => ({
		Sid: wordsOf(body, "sid")[0],
		Action: wordsOf(body, "actions"),
		Resource: wordsOf(body, "resources"),
		Condition: body.includes("condition {")
			? {
					[wordsOf(body, "test")[0] as string]: {
						[wordsOf(body, "variable")[0] as string]: wordsOf(body, "values"),
					},
				}
			: undefined,
	}));
}

async function documentFor(args: readonly string[]): Promise<readonly object[]> {
	const { stdout } = await printPolicy(MAP, ["iam", ...args]);
	const statements: readonly Statement[] = JSON.parse(stdout).Statement;
	return statements.map(({ Action, Condition, Resource, Sid }) => ({
		Sid,
		Action: list(Action),
		Resource: list(Resource),
		Condition:
			Condition === undefined
				? undefined
				: Object.fromEntries(
						Object.entries(Condition).map(([operator, keys]) => [
							operator,
							Object.fromEntries(Object.entries(keys).map(([key, values]) => [key, list(values)])),
						]),
					),
	}));
}

describe("What dsta-run policy terraform prints", () => {
	it.each([[["--kms-key", "arn:aws:kms:us-east-1:123456789012:key/one"]], [["--rotation"]]])(
		"says the same as the policies of vault and iam: %j",
		async (args) => {
			const { stderr, stdout } = await printPolicy(MAP, ["terraform", ...args]);
			expect(stderr).toBe("");
			const isForRotation = args.includes("--rotation");
			const forVault = (await printPolicy(MAP, ["vault", ...(isForRotation ? args : [])])).stdout;
			expect(stanzasOf(heredocOf(stdout))).toEqual(stanzasOf(forVault));
			expect(Object.keys(stanzasOf(forVault))).toContain(`two/secret/data/odd/qu"ote \${x} %{y}`);
			expect(statementsOf(stdout)).toEqual([
				...(await documentFor(args)),
				...(await documentFor(["--caller"])),
			]);
		},
	);

	it("is a resource for each policy, of the name that is asked for", async () => {
		const { stdout } = await printPolicy(MAP, ["terraform", "--name", "7-api"]);
		expect([...stdout.matchAll(/^(?:resource|data) .*$/gm)].flat()).toEqual([
			'resource "vault_policy" "_7_api" {',
			'data "aws_iam_policy_document" "_7_api" {',
			'resource "aws_iam_policy" "_7_api" {',
			'data "aws_iam_policy_document" "_7_api_caller" {',
			'resource "aws_iam_policy" "_7_api_caller" {',
		]);
		expect(stdout).toContain('  name      = "7-api"\n  namespace = "one"\n');
		expect(stdout).toContain("  policy = data.aws_iam_policy_document._7_api_caller.json\n");
	});

	it("leaves out the backends that no entry asks", async () => {
		const { stdout } = await printPolicy(MAP, ["terraform", "--backend", "vault"]);
		expect(stdout).not.toContain("aws_iam");
		expect(stdout).toContain("# A run of secrets.map.yaml asks nothing of AWS: there is nothing to allow.\n");
		const none = await printPolicy("{}\n", ["terraform"]);
		expect(none.stdout).not.toContain("resource");
		expect(none.stderr).toContain("asks nothing of Vault or AWS");
	});
});
