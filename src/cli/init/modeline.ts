import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const SCHEMA = "node_modules/dsta-run/dist/schema.json";

/** The line by which an editor checks a map while it is written: with the schema of the package, where that is installed. */
export function modelineFor(map: string): string {
	const folder = dirname(map);
	const file = findUpwards(folder, SCHEMA);
	if (file !== undefined) return `# yaml-language-server: $schema=${relative(folder, file)}`;
	return "# For an editor: dsta-run schema > dsta.schema.json, and here # yaml-language-server: $schema=dsta.schema.json";
}

function findUpwards(folder: string, name: string): string | undefined {
	const file = join(folder, name);
	if (existsSync(file)) return file;
	const parent = dirname(folder);
	return parent === folder ? undefined : findUpwards(parent, name);
}
