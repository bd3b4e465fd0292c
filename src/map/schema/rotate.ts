import type { RESTART, REVOKE, ROTATE } from "../rotate.ts";
import { about, type Described, either, excluding, type JsonSchema, mapping } from "./json-schema.ts";
import { COMMAND, DURATION, durationUpTo, listOf, PAUSE, pattern } from "./scalars.ts";

const HOOK: JsonSchema = mapping({ command: about("The command.", COMMAND) }, { required: ["command"] });

const INSTANCE = pattern(/^(?:https?:\/\/[^\s/]+(?:\/|$)|unix:\/.|[^\s/]+:\d+(?:\/|$))/);

/** `rotate:`, of the whole map or of an entry. */
export const ROTATE_SCHEMA: JsonSchema = mapping({
	every: about("How often: 90d.", durationUpTo(3650 * 86_400)),
	generate: about(
		"What makes the new value: alnum:32, or a command that prints it.",
		either(pattern(/^(?:uuid|(?:alnum|ascii|hex|base64|base64url):[1-9]\d{0,3})$/), HOOK),
	),
	restart: about("What has those who use it take the new value.", {
		...mapping({
			command: about("A command.", COMMAND),
			wait_for: about("Instances that are to tell of the new version.", listOf(INSTANCE)),
			timeout: about("How long they are waited for.", DURATION),
		} satisfies Described<typeof RESTART>),
		...either({ required: ["command"] }, { required: ["wait_for"] }),
		allOf: [excluding("command", "wait_for"), excluding("command", "timeout")],
	}),
	verify: about("What shows that the new value works.", HOOK),
	revoke: about(
		"What takes the old value back.",
		mapping(
			{
				command: about("The command.", COMMAND),
				after: about("How long after that.", PAUSE),
			} satisfies Described<typeof REVOKE>,
			{ required: ["command"] },
		),
	),
} satisfies Described<typeof ROTATE>);
