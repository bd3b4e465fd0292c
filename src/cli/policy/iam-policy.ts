import type { Statement } from "../../backends/aws/policy.ts";

/** A policy of IAM as a JSON document; a list of one element is written as IAM writes it, as the element. */
export function renderIamPolicy(statements: readonly Statement[]): string {
	const shorten = (_key: string, value: unknown) =>
		Array.isArray(value) && value.length === 1 && typeof value[0] === "string" ? value[0] : value;
	return `${JSON.stringify({ Version: "2012-10-17", Statement: statements }, shorten, 2)}\n`;
}

/** What IAM takes for a policy of its own, and for one that is part of a role; blanks do not count. */
export const IAM_LIMITS = { managed: 6144, inline: 10_240 } as const;

/** The length of a document as IAM counts it. */
export function lengthForIam(document: string): number {
	return document.replace(/\s/g, "").length;
}
