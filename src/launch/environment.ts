import { DstaError } from "../errors.ts";
import { MAX_STRING_BYTES } from "./size.ts";

/** Which inherited variables reach the command; a pattern is a name in which `*` stands for anything. */
export interface EnvironmentRules {
	/** Only the short list and what `pass` lets through. */
	readonly pristine: boolean;
	readonly pass: readonly string[];
	readonly strip: readonly string[];
}

type Variables = Readonly<Record<string, string | undefined>>;

/** What a Vault client logs in with: the command does not need it, and could do more with it than read its secrets. */
const LOGIN_VARIABLES = ["TOKEN", "TOKEN_FILE", "ROLE_ID", "SECRET_ID", "WRAPPED_TOKEN"].flatMap((name) => [
	`VAULT_${name}`,
	`BAO_${name}`,
]);

const PRISTINE = ["PATH", "HOME", "USER", "LANG", "LC_*", "TERM", "TZ", "TMPDIR", "SHELL", "PWD"];

/**
 * The command's environment: what it inherits under the rules, and the secrets, which win.
 * @throws {DstaError} DSTA_USAGE a pattern is none
 */
export function buildEnvironment(
	inherited: Variables,
	secrets: ReadonlyMap<string, string>,
	rules: EnvironmentRules,
): Record<string, string> {
	const isPassed = matcher(rules.pass);
	const isStripped = matcher([...LOGIN_VARIABLES, ...rules.strip]);
	const isShort = matcher(PRISTINE);
	const kept = Object.entries(inherited).filter(([name, value]) => {
		if (value === undefined) return false;
		return isPassed(name) || (!isStripped(name) && (!rules.pristine || isShort(name)));
	});
	// fromEntries and not assignment: a variable may be called __proto__.
	return Object.fromEntries([...(kept as [string, string][]), ...secrets]);
}

/** What the kernel would refuse about the values of variables: an error for each, which never shows a value. */
export function checkEnvironment(secrets: ReadonlyMap<string, string>): DstaError[] {
	return [...secrets].flatMap(([name, value]) => {
		const reason = unfitness(name, value);
		if (reason === undefined) return [];
		return new DstaError("DSTA_INVALID_VALUE", `The value of ${name} cannot be a variable: it ${reason}`, {
			cure: `Store a value that can be one in the secret of ${name}; encode binary data (base64) and let the command decode it.`,
		});
	});
}

function unfitness(name: string, value: string): string | undefined {
	if (value.includes("\0")) return "holds a NUL byte";
	if (!value.isWellFormed()) return "is not valid Unicode";
	const size = Buffer.byteLength(`${name}=${value}`);
	return size > MAX_STRING_BYTES
		? `takes ${size} bytes as NAME=value, of which the kernel allows ${MAX_STRING_BYTES}`
		: undefined;
}

function matcher(patterns: readonly string[]): (name: string) => boolean {
	const exact = new Set<string>();
	const wild: RegExp[] = [];
	for (const pattern of patterns) {
		if (!/^[^=\0]+$/.test(pattern))
			throw new DstaError("DSTA_USAGE", `${JSON.stringify(pattern)} is no pattern of variable names`, {
				cure: "Write a name, in which * stands for anything: --pass 'VAULT_*'",
			});
		if (!pattern.includes("*")) exact.add(pattern);
		else wild.push(new RegExp(`^${pattern.split("*").map(escapePattern).join(".*")}$`, "s"));
	}
	return (name) => exact.has(name) || wild.some((pattern) => pattern.test(name));
}

function escapePattern(text: string): string {
	return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
