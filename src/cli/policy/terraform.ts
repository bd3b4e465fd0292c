import type { Statement } from "../../backends/aws/policy.ts";
import type { VaultPolicy } from "../../backends/vault/policy.ts";
import { listHcl, prefixLines, quoteHcl } from "./hcl.ts";
import { renderStanzas } from "./vault-policy.ts";

/** The policy of Vault as a resource of Terraform. */
export function renderVaultResource(policy: VaultPolicy, name: string): string {
	// In such a text ${ and %{ are Terraform's own, and backslashes are not.
	const text = renderStanzas(policy).trim().replaceAll("${", "$${").replaceAll("%{", "%%{");
	// A namespace is told from that of the provider.
	const namespace = policy.namespace === "" ? "" : `  namespace = ${quoteHcl(policy.namespace)}\n`;
	return `resource "vault_policy" ${quoteHcl(toLabel(name))} {
  name      = ${quoteHcl(name)}
${namespace}  policy    = <<-EOT
${prefixLines(text, "    ")}
  EOT
}
`;
}

/** Statements as a document and a policy of Terraform. */
export function renderIamResource(statements: readonly Statement[], name: string): string {
	const label = toLabel(name);
	return `data "aws_iam_policy_document" ${quoteHcl(label)} {
${statements.map(renderStatement).join("\n")}}

resource "aws_iam_policy" ${quoteHcl(label)} {
  name   = ${quoteHcl(name)}
  policy = data.aws_iam_policy_document.${label}.json
}
`;
}

function renderStatement({ Action, Condition = {}, Resource, Sid }: Statement): string {
	const conditions = Object.entries(Condition).flatMap(([test, keys]) =>
		Object.entries(keys).map(
			([variable, values]) => `
    condition {
      test     = ${quoteHcl(test)}
      variable = ${quoteHcl(variable)}
      values   = ${listHcl(values, "      ")}
    }
`,
		),
	);
	return `  statement {
    sid       = ${quoteHcl(Sid)}
    actions   = ${listHcl(Action, "    ")}
    resources = ${listHcl(Resource, "    ")}
${conditions.join("")}  }
`;
}

function toLabel(name: string): string {
	return name.replace(/\W/g, "_").replace(/^(?=[^A-Za-z_])/, "_");
}
