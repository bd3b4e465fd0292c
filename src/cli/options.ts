import { BACKEND_NAMES, type BackendName, isBackendName } from "../backends/registry.ts";
import { DstaError } from "../errors.ts";
import { isVariablePattern } from "../launch/environment.ts";
import { LONGEST, MAX_EVERY_MS, parseDuration } from "../map/duration.ts";
import type { RunMode } from "../map/secret-map.ts";
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from "../observe/log.ts";
import { misplaced, type Operand, unknownCommand, usage } from "./mistakes.ts";
import { type Given, scanWords } from "./scan.ts";
import {
	COMMANDS,
	type CommandName,
	EXPORT_FORMATS,
	type ExportFormat,
	isCommandName,
	OPTIONS,
	type OptionName,
	SOURCE_KINDS,
	type SourceKind,
	WRITABLE_NAMES,
	type WritableName,
} from "./usage.ts";

/** What the command line and the environment ask for; the map may say the rest. */
export interface Options {
	readonly map?: string;
	/** `false`: read none. */
	readonly envFile?: string | false;
	readonly backend?: BackendName;
	readonly strict?: boolean;
	readonly mode?: RunMode;
	readonly pristine?: boolean;
	readonly redact?: boolean;
	readonly pass: readonly string[];
	readonly strip: readonly string[];
	readonly timeoutMs?: number;
	/** Whether changes of secrets are looked for; how often says the map, or a default. */
	readonly watch?: boolean;
	/** How often they are looked for. */
	readonly watchMs?: number;
	/** Where metrics are served, and the file that they are written to. */
	readonly metrics?: string;
	readonly metricsTextfile?: string;
	/** The file that what is done is recorded in. */
	readonly audit?: string;
	/** A head of an audit log that was kept elsewhere. */
	readonly expect?: string;
	readonly logLevel: LogLevel;
	readonly logFormat: LogFormat;
	readonly json: boolean;
	/** Whether two sides are compared. */
	readonly diff: boolean;
	readonly raw: boolean;
	readonly replace: boolean;
	/** What is moved, or made a map of. */
	readonly from?: string;
	readonly kind?: SourceKind;
	readonly section?: string;
	/** Where it is moved to. */
	readonly to?: WritableName;
	readonly dryRun: boolean;
	readonly yes: boolean;
	readonly force: boolean;
	readonly removeSource: boolean;
	/** What changes the secrets is to be allowed. */
	readonly rotation: boolean;
	readonly name?: string;
	/** The number of an AWS account. */
	readonly account?: string;
	/** ARNs of keys of KMS. */
	readonly kmsKeys: readonly string[];
	/** Whether who takes on the role of the map is meant, and not the role. */
	readonly caller: boolean;
	readonly format?: ExportFormat;
	/** The file that is written in the place of standard output. */
	readonly output?: string;
	/** Whether the help is to be a manual page. */
	readonly man: boolean;
	/** The value that `get` prints when nobody has the secret. */
	readonly fallback?: string;
	/** The version of the secret that `get` reads. */
	readonly secretVersion?: string;
	/** Where a new value comes from: `-`, `@FILE` or `generate:SPEC`; perhaps a value by mistake, so it is never repeated. */
	readonly valueFrom?: string;
	/** What `rotate` does instead of a rotation. */
	readonly resume: boolean;
	readonly rollback: boolean;
	readonly due: boolean;
	readonly list: boolean;
	/** How often something is rotated, in milliseconds; `false`: nobody says. */
	readonly scheduleMs?: number | false;
}

export interface CommandLine {
	readonly name: CommandName;
	readonly options: Options;
	/** The words of a subcommand. */
	readonly operands: readonly string[];
	/** The command to run and its arguments, exactly as they stand after `--`. */
	readonly command: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the arguments after the program's name, and the DSTA_* variables that stand in for options.
 * @throws {DstaError} DSTA_USAGE they make no sense · DSTA_CONFIG a variable does not
 */
export function parseCommandLine(args: readonly string[], env: Environment): CommandLine {
	const end = args.indexOf("--");
	const words = end < 0 ? args : args.slice(0, end);
	const command = end < 0 ? [] : args.slice(end + 1);
	const { given, operands } = scanWords(words);
	const [first, second] = operands;
	const name = first?.word ?? "run";
	// Before everything else: what follows may be the options of a command whose -- was forgotten.
	if (!isCommandName(name)) throw unknownCommand(args, first as Operand);
	const rest = operands.slice(1).map(({ word }) => word);
	if (given.has("help")) return { ...helpFor(first?.word), options: parseOptions(given, {}) };
	if (given.has("version"))
		return { name: "version", options: parseOptions(given, {}), operands: [], command: [] };
	if (first === undefined && end < 0)
		throw usage("There is no command to run", "Write it after --: dsta-run -- npm start");
	checkOptions(name, given);
	if (name === "run" && second !== undefined) throw misplaced(args, second);
	checkNumber(name, rest);
	if (name === "run" && command.length === 0)
		throw usage("There is no command after --", "Write it there: dsta-run -- npm start");
	// What stands there makes the new value of a path.
	const takesCommand = name === "run" || (name === "rotate" && rest.length > 0 && command.length > 0);
	if (end >= 0 && !takesCommand && name !== "completion")
		throw usage(
			`dsta-run ${name} runs no command`,
			`Leave out the --, or to run a command called ${name}: dsta-run -- ${name}`,
		);
	// Help is there above all where something is wrong.
	const variables = ["help", "version", "completion"].includes(name) ? {} : env;
	return { name, options: parseOptions(given, variables), operands: rest, command };
}

function helpFor(topic: string | undefined): Omit<CommandLine, "options"> {
	return { name: "help", operands: topic === undefined ? [] : [topic], command: [] };
}

const CONTRADICTIONS = [
	["env-file", "no-env-file"],
	["exec", "spawn"],
	["redact", "no-redact"],
	["dry-run", "yes"],
] as const;

function checkOptions(command: CommandName, given: Given): void {
	for (const [name, values] of given) {
		const { repeatable, commands } = OPTIONS[name];
		if (values.length > 1 && !repeatable)
			throw usage(`--${name} is given ${values.length} times`, "Give it once.");
		if (commands !== undefined && !commands.includes(command))
			throw usage(`dsta-run ${command} takes no --${name}`, `See: dsta-run help ${command}`);
		if (values.includes("") && OPTIONS[name].value !== undefined && name !== "default")
			throw usage(
				`--${name} needs a value and got an empty one`,
				"Give it a value, or leave the option out.",
			);
	}
	for (const [one, other] of CONTRADICTIONS)
		if (given.has(one) && given.has(other))
			throw usage(`--${one} and --${other} contradict each other`, "Give one of them.");
}

function checkNumber(command: CommandName, words: readonly string[]): void {
	const { operands }: { operands: string } = COMMANDS[command];
	const most = command === "run" || operands.includes("…") ? Infinity : operands === "" ? 0 : 1;
	if (words.length <= most) return;
	// A word may be a value in the wrong place; only where none is expected it helps to see it.
	throw most === 0
		? usage(
				`dsta-run ${command} takes no word, and got ${JSON.stringify(words[0])}`,
				`See: dsta-run help ${command}`,
			)
		: usage(`dsta-run ${command} takes one word, and got ${words.length}`, `See: dsta-run help ${command}`);
}

function parseOptions(given: Given, env: Environment): Options {
	// An option beats its variable; a variable that is set and empty counts as not set.
	const text = (name: OptionName): Setting | undefined => {
		const value = given.get(name)?.[0];
		if (value !== undefined) return { value, origin: `--${name}`, code: "DSTA_USAGE" };
		const variable = OPTIONS[name].variable;
		const fromEnv = variable === undefined ? undefined : env[variable];
		return fromEnv ? { value: fromEnv, origin: variable as string, code: "DSTA_CONFIG" } : undefined;
	};
	const flag = (name: OptionName) =>
		given.has(name) ? true : parseWith(text(name), parseBoolean, "one of 1 true yes on 0 false no off");
	const envFile = given.has("no-env-file") ? false : text("env-file")?.value;
	return omitUndefined({
		map: text("map")?.value,
		envFile,
		backend: parseWith(
			text("backend"),
			(name) => (isBackendName(name) ? name : undefined),
			`one of ${BACKEND_NAMES.join(" ")}`,
		),
		strict: flag("strict"),
		mode: given.has("exec") ? "exec" : given.has("spawn") ? "spawn" : undefined,
		pristine: given.has("pristine") || undefined,
		redact: given.has("redact") ? true : given.has("no-redact") ? false : undefined,
		pass: patternsOf("pass", given),
		strip: patternsOf("strip", given),
		timeoutMs: parseWith(text("timeout"), parseSpan, SPAN),
		watch: given.has("watch") || undefined,
		watchMs: parseWith(text("watch-interval"), parseSpan, SPAN),
		metrics: given.get("metrics")?.[0],
		metricsTextfile: given.get("metrics-textfile")?.[0],
		audit: text("audit")?.value,
		expect: parseWith(text("expect"), matching(/^[0-9a-f]{64}$/), "the 64 hex digits of a head"),
		logLevel: given.has("quiet")
			? "error"
			: (parseWith(text("log-level"), oneOf(LOG_LEVELS), `one of ${LOG_LEVELS.join(" ")}`) ?? "warn"),
		logFormat: parseWith(text("log-format"), oneOf(LOG_FORMATS), `one of ${LOG_FORMATS.join(" ")}`) ?? "text",
		json: given.has("json"),
		diff: given.has("diff"),
		raw: given.has("raw"),
		replace: given.has("replace"),
		from: given.get("from")?.[0],
		kind: parseWith(text("kind"), oneOf(SOURCE_KINDS), `one of ${SOURCE_KINDS.join(" ")}`),
		section: given.get("section")?.[0],
		to: parseWith(text("to"), oneOf(WRITABLE_NAMES), `one of ${WRITABLE_NAMES.join(" ")}`),
		dryRun: given.has("dry-run"),
		yes: given.has("yes"),
		force: given.has("force"),
		removeSource: given.has("remove-source"),
		rotation: given.has("rotation"),
		name: parseWith(text("name"), matching(/^[\w+=,.@-]{1,128}$/), "up to 128 letters, digits and _+=,.@-"),
		account: parseWith(text("account"), matching(/^\d{12}$/), "the twelve digits of an AWS account"),
		kmsKeys: kmsKeysOf(given),
		caller: given.has("caller"),
		format: parseWith(text("format"), oneOf(EXPORT_FORMATS), `one of ${EXPORT_FORMATS.join(" ")}`),
		output: given.get("output")?.[0],
		man: given.has("man"),
		fallback: given.get("default")?.[0],
		secretVersion: given.get("secret-version")?.[0],
		valueFrom: given.get("value-from")?.[0],
		resume: given.has("resume"),
		rollback: given.has("rollback"),
		due: given.has("due"),
		list: given.has("list"),
		scheduleMs: parseWith(text("schedule"), parseSchedule, "a duration from 1s to 3650d such as 90d, or off"),
	}) as Options;
}

function patternsOf(name: "pass" | "strip", given: Given): readonly string[] {
	const patterns = given.get(name) ?? [];
	const wrong = patterns.find((pattern) => !isVariablePattern(pattern));
	if (wrong === undefined) return patterns;
	throw usage(
		`--${name} ${JSON.stringify(wrong)} is no pattern of variable names`,
		"Write a name, in which * stands for anything: --pass 'VAULT_*'",
	);
}

function kmsKeysOf(given: Given): readonly string[] {
	const keys = given.get("kms-key") ?? [];
	const wrong = keys.find((key) => !/^arn:aws[\w-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/.test(key));
	if (wrong === undefined) return keys;
	throw usage(
		`--kms-key ${JSON.stringify(wrong)} is no ARN of a key`,
		"See it with aws kms describe-key --key-id alias/NAME: arn:aws:kms:REGION:ACCOUNT:key/ID; a policy cannot name an alias.",
	);
}

interface Setting {
	readonly value: string;
	readonly origin: string;
	readonly code: "DSTA_USAGE" | "DSTA_CONFIG";
}

function parseWith<Value>(
	setting: Setting | undefined,
	parse: (text: string) => Value | undefined,
	expected: string,
): Value | undefined {
	if (setting === undefined) return undefined;
	const value = parse(setting.value);
	if (value !== undefined) return value;
	throw new DstaError(
		setting.code,
		`${setting.origin} is ${JSON.stringify(setting.value)}, which is not ${expected}`,
		{
			cure: `Set ${setting.origin} to ${expected}.`,
		},
	);
}

const SPAN = `a duration over 0 and up to ${LONGEST} such as 500ms, 30s, 5m, 2h, 1d or plain seconds`;

function parseSpan(text: string): number | undefined {
	return parseDuration(text) || undefined;
}

function parseBoolean(text: string): boolean | undefined {
	if (/^(?:1|true|yes|on)$/i.test(text)) return true;
	return /^(?:0|false|no|off)$/i.test(text) ? false : undefined;
}

function parseSchedule(text: string): number | false | undefined {
	if (text === "off") return false;
	const everyMs = parseDuration(text, MAX_EVERY_MS);
	return everyMs !== undefined && everyMs >= 1000 ? everyMs : undefined;
}

function matching(pattern: RegExp): (text: string) => string | undefined {
	return (text) => (pattern.test(text) ? text : undefined);
}

function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Word | undefined {
	return (text) => words.find((word) => word === text.toLowerCase());
}

function omitUndefined<Shape extends object>(shape: Shape): Partial<Shape> {
	return Object.fromEntries(
		Object.entries(shape).filter(([, value]) => value !== undefined),
	) as Partial<Shape>;
}
