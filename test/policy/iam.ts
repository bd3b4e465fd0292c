/** A statement of a policy of IAM, in the forms that are used here. */
export interface Statement {
	readonly Sid: string;
	readonly Action: string | readonly string[];
	readonly Resource: string | readonly string[];
	readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** A question to AWS as IAM sees it. */
export interface Question {
	readonly action: string;
	readonly resource: string;
	/** The keys of conditions. */
	readonly keys?: Readonly<Record<string, string>>;
}

/** The resources of statements that allow a question; none where nothing does. */
export function allowing(
	statements: readonly Statement[],
	{ action, keys = {}, resource }: Question,
): readonly string[] {
	return statements
		.filter((statement) => list(statement.Action).includes(action))
		.filter(({ Condition = {} }) =>
			Object.entries(Condition).every(([operator, conditions]) => {
				if (operator !== "StringEquals") throw new Error(`unknown operator ${operator}`);
				return Object.entries(conditions).every(([key, values]) => list(values).includes(keys[key] ?? ""));
			}),
		)
		.flatMap(({ Resource }) => list(Resource))
		.filter((pattern) => toRegExp(pattern).test(resource));
}

export function list(texts: string | readonly string[]): readonly string[] {
	return typeof texts === "string" ? [texts] : texts;
}

function toRegExp(pattern: string): RegExp {
	const literal = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
	return new RegExp(`^${literal.replaceAll("*", ".*").replaceAll("?", ".")}$`);
}
