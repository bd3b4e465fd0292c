import Ajv from "ajv";
import addFormats from "ajv-formats";
import { parse } from "yaml";
import { parseSecretMap as parseAlone } from "../../src/map/parse.ts";
import { mapSchema } from "../../src/map/schema/map.ts";

const ajv = new Ajv.default({ strictTypes: false, strictRequired: false, allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(mapSchema(["vault", "aws", "env"]));

/** Complaints about what a schema cannot know. */
const BEYOND = [
	// What YAML makes the same of: anchors, tags, directives, keys that are no text, an empty document in an editor.
	/alias|tag: put|directive|a key must be one text/,
	// What is compared with something that stands elsewhere.
	/twice|the default |its key: name two files|is a template|is a variable|logs in/,
	// What is in a path of a template, in a duration of a role or one of many days, and in a number that may have been octal.
	/: "[^"]*" is no secret path|must be between 15m and 12h|of up to 24d|mode 256 /,
];

/** Names and paths that an editor takes for something else than a text. */
const OTHER_WORDS = /^(?:a\/b: (?:true|null|Null)|null: A)$/;

/** Maps of more characters take the editor's parser minutes. */
const MOST = 10_000;

/**
 * Parses a map as dsta-run does, and holds the schema to it: what is right is valid, and what is wrong is not, as far as a schema
 * can know.
 */
export function parseSecretMap(
	...[text, options]: Parameters<typeof parseAlone>
): ReturnType<typeof parseAlone> {
	try {
		const map = parseAlone(text, options);
		if (!isValid(text) && !OTHER_WORDS.test(text.trim()))
			throw new Error(`the schema refuses a map that is right: ${ajv.errorsText(validate.errors)}`);
		return map;
	} catch (error) {
		const { message } = error as Error;
		const isKnown = message.split("\n").every((line) => BEYOND.some((complaint) => complaint.test(line)));
		if (text.length < MOST && isValid(text) && !isKnown)
			throw new Error(`the schema takes a map that is wrong: ${message}`);
		throw error;
	}
}

function isValid(text: string): boolean {
	if (text.length >= MOST) return true;
	try {
		return validate(parse(text, { logLevel: "error" }));
	} catch {
		// No YAML, which an editor says by itself.
		return false;
	}
}
