import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A package of which modules are in a bundle. */
export interface Bundled {
	/** Where it is installed, from the top of the project. */
	readonly folder: string;
	readonly name: string;
	readonly version: string;
	/** As SPDX writes it. */
	readonly license: string;
}

const ROOT = import.meta.dirname;

/** The packages that modules belong to, by the modules' files. */
export function bundledIn(files: Iterable<string>): readonly Bundled[] {
	const folders = new Set([...files].flatMap(folderOf));
	return [...folders].sort().map((folder) => {
		const { license, name, version } = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
		return { folder, name, version, license };
	});
}

// The innermost package that a module is a part of.
function folderOf(file: string): string[] {
	const folder = /(?:^|\/)(node_modules\/.*)$/
		.exec(file)?.[1]
		?.match(/^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0];
	return folder === undefined ? [] : [folder];
}
