import type { AUDIT } from "../audit.ts";
import { type MAP, MAX_ENTRIES } from "../form.ts";
import { FILTERS } from "../secret-map.ts";
import type { ENV } from "../settings.ts";
import type { SNAPSHOT, SOURCES } from "../snapshot.ts";
import { AWS_SCHEMA } from "./aws.ts";
import { chainOf, entrySchema, POLICY_SCHEMA, wildcardSchema } from "./entry.ts";
import { about, type Described, either, type JsonSchema, mapping } from "./json-schema.ts";
import { ROTATE_SCHEMA } from "./rotate.ts";
import { RUN_SCHEMA } from "./run.ts";
import { BOOLEAN, COMMAND, countUpTo, DURATION, NAME, oneOf, pattern, WORD } from "./scalars.ts";
import { CREDENTIAL, VAULT_SCHEMA } from "./vault.ts";

/** The JSON Schema of a map whose chain may hold these backends: what an editor can know of it without reading it as a run does. */
export function mapSchema(backends: readonly string[]): JsonSchema {
	const settings = settingsOf(backends);
	const isMapping = (key: string, more: JsonSchema = {}): JsonSchema => ({
		required: [key],
		properties: { [key]: { type: "object", ...more } },
	});
	return {
		$schema: "http://json-schema.org/draft-07/schema#",
		title: "A secret map of dsta-run",
		type: "object",
		if: either(
			{ required: ["secrets"], properties: { secrets: { type: ["object", "null"] } } },
			isMapping("templates", { not: { required: ["env"] } }),
		),
		// biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
		then: mapping(settings),
		else: {
			...LINES,
			properties: Object.fromEntries(Object.keys(settings).map((key) => [key, NOT_A_SETTING])),
		},
		definitions: {
			entry: about("path: NAME, path: [NAME, NAME] or path: { env: NAME, … }", entrySchema(backends)),
			wildcard: about("path/*: PREFIX_*", wildcardSchema(backends)),
		},
	};
}

const OTHER = String.raw`\0-\x1f\x7f-\x9f\u2028\u2029`;
const SEGMENT = String.raw`(?!\.{1,2}(?:[/#|}]|$))[^/#*${OTHER}]+`;
const ARN_OF_SECRET = String.raw`aws[\w-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@!-]+(?:$|#|/\*$)`;
const FRAGMENT = `#(?:[^/${OTHER}][^${OTHER}]*|/(?:[^~${OTHER}]|~[01])*)`;

/** Segments joined by `/`, then perhaps `/*`, `#field` or a JSON pointer; an ARN is one of a secret. */
const PATH = `^(?!arn:(?!${ARN_OF_SECRET}))${SEGMENT}(?:/${SEGMENT})*(?:/\\*|${FRAGMENT})?$`;

const LINES: JsonSchema = {
	type: "object",
	maxProperties: MAX_ENTRIES,
	propertyNames: { pattern: PATH },
	patternProperties: { "/\\*$": { $ref: "#/definitions/wildcard" } },
	// A path that does not end in an asterisk.
	additionalProperties: { $ref: "#/definitions/entry" },
};

/** In the short form a setting is a mistake, unless it is a path that happens to be called like one. */
const CAPITALS = pattern(/^[A-Z_][A-Z0-9_*]*$/);
const NOT_A_SETTING: JsonSchema = either(
	CAPITALS,
	{ type: "array", items: CAPITALS },
	{ type: "object", required: ["env"] },
);

const INSERTION = String.raw`\$\{(?![^}]*:-)[^{}|*$]*[^{}|*$\s][^{}|*$]*(?:\|\s*(?:${FILTERS.join("|")})\s*)*\}`;
const TEMPLATE: JsonSchema = {
	type: "string",
	pattern: String.raw`^(?:[^$]|\$\$)*${INSERTION}(?:[^$]|\$\$|${INSERTION})*$`,
};

function settingsOf(backends: readonly string[]): Described<typeof MAP> {
	return {
		version: about("The version of this format.", oneOf([1, "1"])),
		chain: about("The backends to ask, in this order.", chainOf(backends)),
		strict: about("Whether an unavailable backend stops the run.", BOOLEAN),
		timeout: about("The deadline of the whole resolution; 30s unless said.", DURATION),
		on: about("What follows a failed read.", POLICY_SCHEMA),
		vault: about("Vault or OpenBao.", VAULT_SCHEMA),
		aws: about("AWS Secrets Manager.", AWS_SCHEMA),
		env: about(
			"The environment.",
			mapping({
				file: about("The dotenv file behind it; .env unless said.", WORD),
				export: about("Whether the command gets the variables of that file as well.", BOOLEAN),
			} satisfies Described<typeof ENV>),
		),
		run: about("How the command is run.", RUN_SCHEMA),
		snapshot: about("Where the last answers of Vault and AWS are kept, encrypted.", SNAPSHOT_SCHEMA),
		secrets: about("The lines of the map: path: NAME", LINES),
		templates: about("Variables made of several secrets.", {
			type: "object",
			propertyNames: NAME,
			additionalProperties: about(`A text with \${path|filter} in it; $$ is a dollar sign.`, TEMPLATE),
		}),
		rotate: about("How secrets are rotated whose line does not say.", ROTATE_SCHEMA),
		audit: about("Where it is recorded what was done, without values.", AUDIT_SCHEMA),
	};
}

const SNAPSHOT_SCHEMA: JsonSchema = mapping(
	{
		file: about("The file.", WORD),
		max_age: about("How old an answer may be; 24h unless said.", DURATION),
		key: about(
			"Where the key is taken from.",
			mapping(
				{
					file: about("The file that holds it.", WORD),
					credential: about("The credential of the systemd unit that holds it.", CREDENTIAL),
					command: about("A command that prints it.", COMMAND),
				} satisfies Described<typeof SOURCES>,
				{ minProperties: 1, maxProperties: 1 },
			),
		),
	} satisfies Described<typeof SNAPSHOT>,
	{ required: ["file", "key"] },
);

const AUDIT_SCHEMA: JsonSchema = either(
	WORD,
	mapping(
		{
			file: about("The file.", WORD),
			max_size: about(
				"The size over which the next one is begun: 10M.",
				either({ type: "integer", minimum: 4096 }, pattern(/^\d{1,9}[kMG]?$/)),
			),
			keep: about("How many files are kept.", countUpTo(1000, 1)),
		} satisfies Described<typeof AUDIT>,
		{ required: ["file"] },
	),
);
