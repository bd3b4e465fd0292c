import { DstaError } from "../errors.ts";
import type { Context } from "./fields.ts";
import { readFields } from "./fields.ts";
import type { YamlNode } from "./node.ts";
import type { Problems } from "./problems.ts";
import type { BackendSettings } from "./secret-map.ts";
import { BACKEND_SETTINGS, pickSettings } from "./settings.ts";

/** A setting as a program gives it, in the words of a map: `{ vault: { mount: "team", timeout: "5s" } }`. */
export type GivenSettings = Readonly<Record<string, unknown>>;

/**
 * Reads settings per backend name by the rules of the map.
 * @throws {DstaError} DSTA_CONFIG with a line for every mistake
 */
export function readSettingsObject(
	given: GivenSettings,
	backends: readonly string[],
): Readonly<Record<string, BackendSettings>> {
	const problems = createProblems();
	const root = toNode(given);
	const context: Context = { problems, backends, names: new Map() };
	const fields =
		root.kind === "mapping" ? readFields(root, BACKEND_SETTINGS, { parent: "", context }) : undefined;
	problems.throwIfAny();
	return pickSettings(fields ?? {}, BACKEND_SETTINGS);
}

// Nothing has a place here: the sentences name what they are about.
function createProblems(): Problems {
	const found: string[] = [];
	return {
		add: (_, sentence) => void found.push(sentence),
		addSyntax: (_, sentence) => void found.push(sentence),
		get count() {
			return found.length;
		},
		positionOf: () => ({ line: 1, column: 1 }),
		locate: () => "the settings",
		throwIfAny() {
			if (found.length === 0) return;
			throw new DstaError("DSTA_CONFIG", found.join("\n"), {
				cure: "Write them as the map has them: strings, numbers, booleans, and durations such as 30s.",
			});
		},
	};
}

function toNode(value: unknown): YamlNode {
	const offset = 0;
	if (Array.isArray(value)) return { kind: "list", items: value.map(toNode), offset };
	if (typeof value === "object" && value !== null) {
		const pairs = Object.entries(value)
			.filter(([, item]) => item !== undefined)
			.map(([key, item]) => ({ key: toScalar(key, false), value: toNode(item) }));
		return { kind: "mapping", pairs, offset };
	}
	return toScalar(String(value ?? ""), typeof value !== "string");
}

function toScalar(text: string, isPlain: boolean): YamlNode & { readonly kind: "scalar" } {
	return { kind: "scalar", text, isPlain, offset: 0, length: text.length };
}
