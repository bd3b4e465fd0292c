import { BACKEND_NAMES } from "../backends/registry.ts";
import { LOG_FORMATS, LOG_LEVELS } from "../observe/log.ts";

/** The subcommands, with the line that the help shows for each. */
export const COMMANDS = {
	run: {
		operands: "-- COMMAND [ARG…]",
		summary: "run a command with its secrets; the word itself may be left out",
	},
	check: { operands: "", summary: "resolve everything, show what came from where, run nothing" },
	explain: {
		operands: "[PATH|NAME…] | --diff A B [NAME…]",
		summary: "show who was asked for what, what they said and why; or compare",
	},
	get: { operands: "PATH", summary: "print one secret; PATH/* prints all fields" },
	put: {
		operands: "PATH [KEY=VALUE|KEY=@FILE|KEY=-|KEY]…",
		summary: "write fields of a secret, keeping its others",
	},
	list: { operands: "[PREFIX]", summary: "list the names of secrets" },
	rotate: {
		operands: "[PATH]",
		summary: "give a secret a new value, step by step; or what is due, of a whole map",
	},
	health: {
		operands: "",
		summary: "say whether a running dsta-run is ready, or else the backends; status 0 or 1",
	},
	doctor: {
		operands: "",
		summary: "look for what is wrong, and say what to do; status 1 when a run would fail",
	},
	export: { operands: "", summary: "print the variables with their values, for another program to read" },
	init: { operands: "", summary: "write a map from a .env, or from the configuration of another tool" },
	migrate: { operands: "", summary: "move the variables of a .env to their paths at vault or aws" },
	policy: {
		operands: "vault|iam|terraform",
		summary: "print the policy that allows what the map needs, and nothing more",
	},
	audit: {
		operands: "verify [FILE…]",
		summary: "find what was changed, removed or moved in an audit log; - reads standard input",
	},
	types: { operands: "", summary: "print the types of the variables, for an app in TypeScript" },
	schema: { operands: "", summary: "print the JSON Schema of a map, for an editor" },
	completion: { operands: "bash|zsh|fish", summary: "print what completes the command line in a shell" },
	redact: { operands: "", summary: "copy standard input to standard output without the secrets of the map" },
	install: { operands: "DIR", summary: "copy the standalone executable to DIR/dsta-run" },
	help: { operands: "[SUBCOMMAND]", summary: "show this, or the help of a subcommand" },
	version: { operands: "", summary: "show the version" },
} as const;

export type CommandName = keyof typeof COMMANDS;

export function isCommandName(name: string): name is CommandName {
	return Object.hasOwn(COMMANDS, name);
}

export interface Option {
	readonly short?: string;
	/** The placeholder of its value; none for a flag. */
	readonly value?: string;
	/** The words that its value is one of. */
	readonly words?: readonly string[];
	/** The variable that stands in for it. */
	readonly variable?: string;
	readonly repeatable?: boolean;
	/** The subcommands that take it; all where there is none. */
	readonly commands?: readonly CommandName[];
	readonly summary: string;
}

/** What `init` can make a map of. */
export const SOURCE_KINDS = [
	"dotenv",
	"envconsul",
	"summon",
	"vaultenv",
	"chamber",
	"teller",
	"vals",
] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

/** The backends that variables can be moved to. */
export const WRITABLE_NAMES = ["vault", "aws"] as const;
export type WritableName = (typeof WRITABLE_NAMES)[number];

/** What `export` can write. */
export const EXPORT_FORMATS = [
	...["dotenv", "json", "yaml", "shell", "fish", "powershell"],
	...["github", "systemd", "docker", "k8s", "tfvars"],
] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const RESOLVING = [
	"run",
	"check",
	"explain",
	"get",
	"put",
	"list",
	"rotate",
	"export",
	"health",
	"doctor",
	"redact",
] as const;
const MOVING = ["init", "migrate"] as const;

const options = {
	map: {
		short: "m",
		value: "FILE",
		variable: "DSTA_MAP",
		commands: [...RESOLVING, ...MOVING, "policy", "audit", "types"],
		summary: "the map; default secrets.map.yaml in the working directory",
	},
	"env-file": {
		short: "e",
		value: "FILE",
		variable: "DSTA_ENV_FILE",
		commands: RESOLVING,
		summary: "dotenv file behind the env backend; default .env if there is one",
	},
	"no-env-file": { commands: RESOLVING, summary: "read no dotenv file" },
	backend: {
		value: "NAME",
		words: BACKEND_NAMES,
		variable: "DSTA_BACKEND",
		commands: [...RESOLVING, "policy"],
		summary: "ask only this backend: vault, aws or env",
	},
	strict: {
		variable: "DSTA_STRICT",
		commands: RESOLVING,
		summary: "an unavailable backend stops the run instead of falling back",
	},
	timeout: {
		value: "DURATION",
		variable: "DSTA_TIMEOUT",
		commands: [...RESOLVING, "migrate"],
		summary: "the deadline of the whole resolution; default 30s, for health and doctor 5s",
	},
	exec: {
		commands: ["run", "check"],
		summary: "become the command: same pid, no process and no memory of dsta-run left",
	},
	spawn: {
		commands: ["run", "check"],
		summary: "stay in front of the command and forward signals (the default)",
	},
	pristine: {
		commands: ["run", "check"],
		summary:
			"the command gets the secrets and PATH HOME USER LANG LC_* TERM TZ TMPDIR SHELL PWD, nothing else",
	},
	audit: {
		value: "FILE",
		variable: "DSTA_AUDIT",
		commands: ["run", "get", "put", "export", "rotate", "migrate", "audit"],
		summary: "append who got or changed which secret to FILE, no value; audit: the log to verify",
	},
	pass: {
		value: "PATTERN",
		repeatable: true,
		commands: ["run", "check"],
		summary: "an inherited variable that reaches the command all the same; may be repeated",
	},
	strip: {
		value: "PATTERN",
		repeatable: true,
		commands: ["run", "check"],
		summary: "an inherited variable that does not reach the command; may be repeated",
	},
	redact: {
		commands: ["run", "check"],
		summary: "replace the secrets in what the command writes by [redacted:NAME]",
	},
	"no-redact": { commands: ["run", "check"], summary: "leave what the command writes as it is" },
	metrics: {
		value: "ADDR",
		commands: ["run", "check", "health"],
		summary: "where metrics and readiness are served: PORT, ADDRESS:PORT or unix:PATH; none: nowhere",
	},
	"metrics-textfile": {
		value: "FILE",
		commands: ["run", "check", "rotate"],
		summary: "write metrics for node_exporter to a .prom file as well; rotate: with --due or --list",
	},
	watch: {
		commands: ["run", "check"],
		summary: "look every 60s whether secrets have changed, and start the command anew with them",
	},
	"watch-interval": {
		value: "DURATION",
		commands: ["run", "check"],
		summary: "the same, as often as this",
	},
	from: {
		value: "FILE",
		commands: MOVING,
		summary: "what to read, default .env; migrate --from env takes the environment",
	},
	kind: {
		value: "KIND",
		words: SOURCE_KINDS,
		commands: ["init"],
		summary: "dotenv, envconsul, summon, vaultenv, chamber, teller or vals, where FILE does not show it",
	},
	section: { value: "NAME", commands: ["init"], summary: "the environment of a secrets.yml of summon" },
	to: {
		value: "NAME",
		words: WRITABLE_NAMES,
		commands: ["migrate"],
		summary: "where to: vault or aws",
	},
	"dry-run": { commands: [...MOVING, "rotate"], summary: "only show what would be done" },
	yes: { short: "y", commands: ["migrate"], summary: "do not ask before writing" },
	force: {
		commands: [...MOVING, "rotate"],
		summary: "overwrite a different value or a map; rotate: revoke at once, or put back what was revoked",
	},
	"value-from": {
		value: "SOURCE",
		commands: ["rotate"],
		summary: "the new value: -, @FILE or generate:alnum:32; after -- a command that prints it within 15m",
	},
	resume: { commands: ["rotate"], summary: "go on with the rotation of PATH where it stopped" },
	rollback: { commands: ["rotate"], summary: "put the old value of PATH back" },
	schedule: {
		value: "DURATION",
		commands: ["rotate"],
		summary: "how often PATH is to be rotated, kept beside it: 90d; off removes that",
	},
	due: { commands: ["rotate"], summary: "rotate all of the map that is due, and go on with what stopped" },
	list: { commands: ["rotate"], summary: "show how old everything in the map is, and when it is due" },
	"remove-source": {
		commands: ["migrate"],
		summary: "take out of FILE what was moved, once all of it was read back",
	},
	rotation: {
		commands: ["policy"],
		summary: "the policy of what changes the secrets, in the place of a run, which reads them",
	},
	name: {
		value: "NAME",
		commands: ["policy", "export"],
		summary:
			"what the policy is called, or the Secret of k8s; default dsta-policy, dsta-rotation, dsta-secrets",
	},
	account: {
		value: "ID",
		commands: ["policy"],
		summary: "the number of the AWS account; default any",
	},
	"kms-key": {
		value: "ARN",
		repeatable: true,
		commands: ["policy"],
		summary: "a key of KMS that secrets at AWS are encrypted with; may be repeated",
	},
	caller: {
		commands: ["policy"],
		summary: "the policy of who takes on aws.assume_role, in the place of the role's",
	},
	json: {
		commands: [
			"check",
			"explain",
			"get",
			"put",
			"list",
			"rotate",
			"health",
			"doctor",
			"migrate",
			"audit",
			"version",
		],
		summary: "print JSON",
	},
	diff: {
		commands: ["explain"],
		summary: "compare two sides, each MAP, @ENVFILE or MAP@ENVFILE; status 1 where values differ",
	},
	expect: {
		value: "HASH",
		commands: ["audit"],
		summary: "a head of the log that was kept elsewhere, which must be in it still",
	},
	"secret-version": {
		value: "VERSION",
		commands: ["get"],
		summary: "a version: a number at Vault, an id or a stage at AWS; also --version VERSION",
	},
	format: {
		short: "f",
		value: "FORMAT",
		words: EXPORT_FORMATS,
		commands: ["export"],
		summary: `one of ${EXPORT_FORMATS.join(" ")}; default dotenv`,
	},
	output: {
		short: "o",
		value: "FILE",
		commands: ["export", "types"],
		summary: "write FILE in the place of standard output, whole or not at all",
	},
	raw: { commands: ["get"], summary: "end the value without a newline" },
	default: { value: "VALUE", commands: ["get"], summary: "what to print when nobody has the secret" },
	replace: { commands: ["put"], summary: "drop the fields that are not given" },
	man: { commands: ["help"], summary: "print the manual page, for man" },
	"log-level": {
		value: "LEVEL",
		words: LOG_LEVELS,
		variable: "DSTA_LOG_LEVEL",
		summary: "error, warn (the default), info, debug or trace; messages go to standard error",
	},
	"log-format": {
		value: "FORMAT",
		words: LOG_FORMATS,
		variable: "DSTA_LOG_FORMAT",
		summary: "text (the default) or json",
	},
	quiet: { short: "q", summary: "the same as --log-level error" },
	help: { short: "h", summary: "show the help" },
	version: { summary: "show the version" },
} as const satisfies Readonly<Record<string, Option>>;

export type OptionName = keyof typeof options;

/** The options, in the order of the help. */
export const OPTIONS: Readonly<Record<OptionName, Option>> = options;
