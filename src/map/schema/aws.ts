import type { ASSUME_ROLE, AWS, AWS_OF_ENTRY } from "../aws-settings.ts";
import { about, type Described, either, excluding, type JsonSchema, mapping } from "./json-schema.ts";
import { countUpTo, DURATION, oneOf, pattern, TEXT, WORD } from "./scalars.ts";

const ROLE: JsonSchema = mapping(
	{
		role_arn: about(
			"The role to take on: arn:aws:iam::123456789012:role/NAME.",
			pattern(/^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/),
		),
		external_id: about(
			"What its trust policy asks for.",
			either({ type: "number" }, pattern(/^[\w+=,.@:/-]{2,1224}$/)),
		),
		session_name: about("The name of the session.", pattern(/^[\w+=,.@-]{2,64}$/)),
		duration: about("How long the credentials last, 15m to 12h.", DURATION),
	} satisfies Described<typeof ASSUME_ROLE>,
	{ required: ["role_arn"] },
);

/** `aws:` of the whole map. */
export const AWS_SCHEMA: JsonSchema = mapping(
	{
		region: about("The region of the secrets; AWS_REGION wins.", WORD),
		regions: about("The regions where they are replicated, in the order of asking.", {
			...either(WORD, { type: "array", minItems: 1, uniqueItems: true, items: WORD }),
		}),
		prefix: about("What the names of secrets begin with; dsta/ unless said, and nothing where empty.", TEXT),
		profile: about("The profile whose credentials are used.", WORD),
		endpoint: about("Where to ask in the place of AWS; with {region} where there are regions.", WORD),
		assume_role: about("A role to take on.", ROLE),
		timeout: about("How long AWS may take, credentials included; 10s unless said.", DURATION),
		attempt_timeout: about("How long one attempt may take.", DURATION),
		retries: about("How often what failed is asked again.", countUpTo(10)),
		retry_mode: about("adaptive asks more slowly after AWS has throttled.", oneOf(["standard", "adaptive"])),
	} satisfies Described<typeof AWS>,
	{
		...excluding("region", "regions"),
		if: { required: ["regions", "endpoint"] },
		// biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
		then: { properties: { endpoint: pattern(/\{region\}/) } },
	},
);

/** `aws:` of an entry. */
export const AWS_OF_ENTRY_SCHEMA: JsonSchema = mapping(
	{
		region: about("Its region.", WORD),
		prefix: about("What its name begins with.", TEXT),
		stage: about("The stage of its version: AWSPENDING.", { ...WORD, maxLength: 256 }),
		version_id: about("The id of its version.", pattern(/^[\dA-Za-z-]{32,64}$/)),
	} satisfies Described<typeof AWS_OF_ENTRY>,
	excluding("stage", "version_id"),
);
