import { DstaError } from "../errors.ts";
import { MAX_STRING_BYTES } from "./size.ts";

/** Which inherited variables reach the command. */
export interface EnvironmentRules {
	/** Only the short list and what a choice passes. */
	readonly pristine: boolean;
	/** The first that speaks of a variable decides. */
	readonly choices: readonly EnvironmentChoice[];
	/** Variables that a login takes its credentials from, beside Vault's own. */
	readonly login?: readonly string[];
}

/** Patterns of variables: a name in which `*` stands for anything. `pass` beats `strip`. */
export interface EnvironmentChoice {
	readonly pass: readonly string[];
	readonly strip: readonly string[];
}

export type Variables = Readonly<Record<string, string | undefined>>;

/** What a Vault client logs in with: the command does not need it, and could do more with it than read its secrets. */
const LOGIN_VARIABLES = [
	"TOKEN",
	"TOKEN_FILE",
	"ROLE_ID",
	"SECRET_ID",
	"WRAPPED_TOKEN",
	"AUTH_METHOD",
	"AUTH_PATH",
	"ROLE",
	"JWT_FILE",
	"CLIENT_CERT",
	"CLIENT_KEY",
].flatMap((name) => [`VAULT_${name}`, `BAO_${name}`]);

const PRISTINE = ["PATH", "HOME", "USER", "LANG", "LC_*", "TERM", "TZ", "TMPDIR", "SHELL", "PWD"];

/** Whether a text can stand for variables. */
export function isVariablePattern(text: string): boolean {
	return /^[^=\0]+$/.test(text);
}

/** The command's environment: what it inherits under the rules, and the secrets, which win. */
export function buildEnvironment(
	inherited: Variables,
	secrets: ReadonlyMap<string, string>,
	rules: EnvironmentRules,
): Record<string, string> {
	const last = { pass: rules.pristine ? PRISTINE : ["*"], strip: [] };
	const choices = [
		...rules.choices,
		{ pass: [], strip: [...LOGIN_VARIABLES, ...(rules.login ?? [])] },
		last,
	].map(({ pass, strip }) => ({
		isPassed: matcher(pass),
		isStripped: matcher(strip),
	}));
	const isKept = (name: string) =>
		choices.find(({ isPassed, isStripped }) => isPassed(name) || isStripped(name))?.isPassed(name) ?? false;
	const kept = Object.entries(inherited).filter(([name, value]) => value !== undefined && isKept(name));
	// fromEntries and not assignment: a variable may be called __proto__.
	return Object.fromEntries([...(kept as [string, string][]), ...secrets]);
}

/** What the kernel would refuse about the values of variables: an error by the name of each, which never shows a value. */
export function checkEnvironment(
	secrets: ReadonlyMap<string, string>,
	inherited: Variables,
): ReadonlyMap<string, DstaError> {
	const errors = new Map<string, DstaError>();
	for (const [name, value] of secrets) {
		const reason = unfitness(name, value, inherited);
		if (reason === undefined) continue;
		const message = `The value of ${name} cannot be a variable: it ${reason}`;
		const cure = `Give it to the command as a file (as: file), or store a value that can be a variable in the secret of ${name}.`;
		errors.set(name, new DstaError("DSTA_INVALID_VALUE", message, { cure }));
	}
	return errors;
}

function unfitness(name: string, value: string, inherited: Variables): string | undefined {
	if (value.includes("\0")) return "holds a NUL byte";
	// Of our own environment it may be: bytes that are not UTF-8, kept as they came.
	if (!value.isWellFormed() && !Object.values(inherited).includes(value)) return "is not valid Unicode";
	const size = Buffer.byteLength(`${name}=${value}`);
	return size > MAX_STRING_BYTES
		? `takes ${size} bytes as NAME=value, of which the kernel allows ${MAX_STRING_BYTES}`
		: undefined;
}

function matcher(patterns: readonly string[]): (name: string) => boolean {
	const exact = new Set(patterns.filter((pattern) => !pattern.includes("*")));
	const wild = patterns.filter((pattern) => pattern.includes("*")).map((pattern) => pattern.split("*"));
	return (name) => exact.has(name) || wild.some((parts) => isMatch(name, parts));
}

// What stands between the asterisks, each part at its first place after the one before: no pattern takes long.
function isMatch(name: string, parts: readonly string[]): boolean {
	const [first, ...others] = parts as [string, ...string[]];
	const last = others.pop() as string;
	if (!name.startsWith(first)) return false;
	let place = first.length;
	for (const part of others) {
		const found = name.indexOf(part, place);
		if (found < 0) return false;
		place = found + part.length;
	}
	return name.length - last.length >= place && name.endsWith(last);
}
