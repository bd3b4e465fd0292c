import type { VAULT } from "../settings.ts";
import { type AUTH, METHODS, type PLACES } from "../vault-auth.ts";
import type { VAULT_ENTRY } from "../vault-entry.ts";
import { about, type Described, either, type JsonSchema, mapping, NEVER } from "./json-schema.ts";
import { BOOLEAN, COMMAND, countUpTo, DURATION, NAME, oneOf, pattern, TEXT, WORD } from "./scalars.ts";

const KV = oneOf(["auto", 1, 2, "1", "2"]);

/** The name of a credential of a systemd unit. */
export const CREDENTIAL: JsonSchema = pattern(/^(?!\.{1,2}$)[^/\0]+$/);

const PLACE: JsonSchema = mapping(
	{
		env: about("The variable that holds it.", NAME),
		file: about("The file that holds it.", WORD),
		credential: about("The credential of the systemd unit that holds it.", CREDENTIAL),
	} satisfies Described<typeof PLACES>,
	{ minProperties: 1, maxProperties: 1 },
);

const AUTH_KEYS = {
	method: about("How to log in.", oneOf(Object.keys(METHODS))),
	credential: about("The credential of the systemd unit that holds a token.", CREDENTIAL),
	token_file: about("The file that holds a token.", WORD),
	role_id: about("The RoleID, or where it lies.", either(WORD, PLACE)),
	secret_id: about("Where the SecretID lies.", PLACE),
	wrapped: about("Whether the SecretID is to be unwrapped first.", BOOLEAN),
	role: about("The role to log in as.", WORD),
	token: about("Where the token of the platform lies.", PLACE),
	username: about("The user to log in as.", WORD),
	password: about("Where the password lies.", PLACE),
	region: about("The region of the STS endpoint that the mount asks.", WORD),
	header: about("The value of X-Vault-AWS-IAM-Server-ID that the mount wants.", WORD),
	command: about("A command that prints a token; no shell runs it.", { ...COMMAND, items: TEXT }),
	mount: about("Where the method is mounted; its name unless said.", WORD),
	namespace: about("The namespace to log in to; that of the secrets unless said.", TEXT),
} satisfies Described<typeof AUTH>;

/** What goes with each method; two of them are meant by a key of their name. */
const RULES_OF_METHODS = Object.entries(METHODS).map(([method, { needs, takes }]): JsonSchema => {
	const known: readonly string[] = ["method", ...needs, ...takes];
	const others = Object.keys(AUTH_KEYS).filter((key) => !known.includes(key));
	const isNamed = { required: ["method"], properties: { method: { const: method } } };
	const isImplied = { required: [method], not: { required: ["method"] } };
	return {
		if: Object.hasOwn(AUTH_KEYS, method) ? either(isNamed, isImplied) : isNamed,
		// biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
		then: { required: needs, properties: Object.fromEntries(others.map((key) => [key, NEVER])) },
	};
});

const AUTH_SCHEMA: JsonSchema = {
	...mapping(AUTH_KEYS),
	...either({ required: ["method"] }, { required: ["credential"] }, { required: ["token_file"] }),
	allOf: RULES_OF_METHODS,
};

/** `vault:` of the whole map. */
export const VAULT_SCHEMA: JsonSchema = mapping({
	address: about("Where Vault or OpenBao is: https://vault.example.com:8200. VAULT_ADDR wins.", WORD),
	mount: about("Where the KV engine is mounted; secret unless said.", WORD),
	kv: about("The version of the KV engine; auto finds out.", KV),
	namespace: about("The namespace of the secrets; dsta unless said, and none where empty.", TEXT),
	timeout: about("How long Vault may take, all attempts together; 10s unless said.", DURATION),
	attempt_timeout: about("How long one attempt may take.", DURATION),
	retries: about("How often a read that failed is made again.", countUpTo(10)),
	auth: about("How to come by a token where VAULT_TOKEN is not set.", AUTH_SCHEMA),
	cacert: about("A file with the authorities that are trusted.", WORD),
	capath: about("A folder with such files.", WORD),
	client_cert: about("The certificate that a server may ask for.", WORD),
	client_key: about("The key of that certificate.", WORD),
	tls_server_name: about("The name that Vault's certificate is for.", WORD),
	skip_verify: about("Whether to believe any certificate.", BOOLEAN),
	revoke: about("Whether the token of a login is revoked when the command has ended.", BOOLEAN),
} satisfies Described<typeof VAULT>);

const POSTED: JsonSchema = { required: ["method"], properties: { method: { const: "POST" } } };
/** A query has texts alone. */
const QUERIED: JsonSchema = {
	properties: { data: { additionalProperties: either(TEXT, { type: "array", items: TEXT }) } },
};

/** `vault:` of an entry: where its KV engine is, or how another engine is asked. */
export const VAULT_OF_ENTRY: JsonSchema = mapping(
	{
		mount: about("Where its KV engine is mounted.", WORD),
		kv: about("The version of that engine.", KV),
		namespace: about("Its namespace.", TEXT),
		engine: about("raw asks any engine by the whole path of Vault's API.", oneOf(["kv", "raw"])),
		method: about("How an engine is asked; GET unless said.", oneOf(["GET", "POST"])),
		data: about("What is sent with the request: names and times, no secrets.", { type: "object" }),
	} satisfies Described<typeof VAULT_ENTRY>,
	{
		if: { required: ["engine"], properties: { engine: { const: "raw" } } },
		// biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
		then: { properties: { mount: NEVER, kv: NEVER }, ...either(POSTED, QUERIED) },
		else: { properties: { method: NEVER, data: NEVER } },
	},
);
