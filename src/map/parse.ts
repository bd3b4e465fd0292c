import type { Context } from "./fields.ts";
import { readMap } from "./form.ts";
import type { YamlNode } from "./node.ts";
import { createProblems, type Problems } from "./problems.ts";
import type { SecretMap } from "./secret-map.ts";

/** The most bytes that a map may have. */
export const MAX_MAP_BYTES = 1024 * 1024;

export interface ParseOptions {
	/** How messages name the map. */
	readonly file: string;
	/** The names that a chain may hold. */
	readonly backends: readonly string[];
	/** Reads its YAML; `undefined` where nothing can be made of it, and then problems say why. */
	readonly readRoot: (text: string, problems: Problems) => YamlNode | undefined;
}

/**
 * Reads the text of a map: YAML 1.2, one document, without anchors, aliases and tags.
 * @throws {DstaError} DSTA_MAP with a line `file:line:column: what is wrong` for every mistake
 */
export function parseSecretMap(text: string, { file, backends, readRoot }: ParseOptions): SecretMap {
	const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
	const problems = createProblems(file, source);
	const root = readRoot(source, problems);
	const context = { problems, backends, names: new Map() } satisfies Context;
	const map = root === undefined ? undefined : readMap(root, context);
	problems.throwIfAny();
	return { file, ...(map as NonNullable<typeof map>) };
}
