import { DstaError } from "../../errors.ts";
import { findPair, type MappingNode, type YamlNode } from "../../map/node.ts";
import { createProblems } from "../../map/problems.ts";
import { readTaggedYaml } from "../../map/yaml.ts";

/**
 * Reads the YAML of another tool, whose root is a mapping.
 * @throws {DstaError} DSTA_CONFIG it is none; the message names the place
 */
export function parseMapping(text: string, file: string): MappingNode {
	const problems = createProblems(file, text);
	const root = readTaggedYaml(text, problems);
	try {
		problems.throwIfAny();
	} catch (error) {
		if (!(error instanceof DstaError)) throw error;
		throw new DstaError("DSTA_CONFIG", error.message, {
			cure: `Correct ${file} at this place, then try again.`,
		});
	}
	if (root?.kind === "mapping") return root;
	throw new DstaError("DSTA_CONFIG", `${file} holds no mapping`, {
		cure: "Name the right file with --from.",
	});
}

/** The text at a key; `undefined` where there is none. */
export function textAt(mapping: MappingNode, key: string): string | undefined {
	const value = findPair(mapping, key)?.value;
	return value?.kind === "scalar" && value.text !== "" ? value.text : undefined;
}

/** The mapping at a key, or one of nothing. */
export function mappingAt(mapping: MappingNode, key: string): MappingNode {
	const value = findPair(mapping, key)?.value;
	return value?.kind === "mapping" ? value : { kind: "mapping", pairs: [], offset: mapping.offset };
}

/** The mappings in a list at a key. */
export function mappingsAt(mapping: MappingNode, key: string): readonly MappingNode[] {
	const value = findPair(mapping, key)?.value;
	const items: readonly YamlNode[] = value?.kind === "list" ? value.items : [];
	return items.filter((item) => item.kind === "mapping");
}
