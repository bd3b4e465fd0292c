import { DstaError } from "../errors.ts";
import { parseSecretName, parseSecretPath, type SecretPath } from "../secret-path.ts";
import { usage } from "./mistakes.ts";

/**
 * Reads the path of a value that stands on the command line.
 * @throws {DstaError} DSTA_USAGE it is none
 */
export function pathOperand(text: string): SecretPath {
	return asUsage(() => parseSecretPath(text));
}

/**
 * Reads the path of a secret or a folder that stands on the command line.
 * @throws {DstaError} DSTA_USAGE it is none
 */
export function nameOperand(text: string): string {
	return asUsage(() => parseSecretName(text));
}

// The same path in a map would be a mistake of the map.
function asUsage<Path>(parse: () => Path): Path {
	try {
		return parse();
	} catch (error) {
		throw error instanceof DstaError ? usage(error.message, error.cure) : error;
	}
}
