import type { Rolldown } from "tsdown";
import { schemaText } from "./src/cli/commands/schema.ts";
import { manPage } from "./src/cli/man.ts";

/** Writes what the program can print of itself beside it, where editors and man look for it. */
export function ownTexts(): Rolldown.Plugin {
	return {
		name: "own-texts",
		generateBundle() {
			this.emitFile({ type: "asset", fileName: "schema.json", source: schemaText() });
			this.emitFile({ type: "asset", fileName: "dsta-run.1", source: manPage() });
		},
	};
}
