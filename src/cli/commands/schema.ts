import { BACKEND_NAMES } from "../../backends/registry.ts";
import { mapSchema } from "../../map/schema/map.ts";
import type { CommandResult } from "../host.ts";

/** Prints the JSON Schema of a map. */
export async function schema(): Promise<CommandResult> {
	return { status: 0, output: schemaText() };
}

/** The JSON Schema of a map, as text. */
export function schemaText(): string {
	return `${JSON.stringify(mapSchema(BACKEND_NAMES), undefined, "\t")}\n`;
}
