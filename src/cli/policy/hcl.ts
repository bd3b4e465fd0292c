/** A text in quotes, for Vault's policies, which know no escape for `${`, and for Terraform alike. */
export function quoteHcl(text: string): string {
	return JSON.stringify(text).replaceAll("${", "\\u0024{").replaceAll("%{", "\\u0025{");
}

/** A list of texts: on one line where there is one text. */
export function listHcl(texts: readonly string[], indent: string): string {
	if (texts.length === 1) return `[${quoteHcl(texts[0] as string)}]`;
	return `[\n${texts.map((text) => `${indent}  ${quoteHcl(text)},\n`).join("")}${indent}]`;
}

/** Lines that are indented or commented out, but not where they are empty. */
export function prefixLines(text: string, prefix: string): string {
	return text.replace(/^(?=.)/gm, prefix);
}
