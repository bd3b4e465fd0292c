import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Rolldown } from "tsdown";

/** Writes the licenses of all libraries that are in a bundle into a file beside it, as each of them asks. */
export function thirdPartyLicenses(fileName: string): Rolldown.Plugin {
	return {
		name: "third-party-licenses",
		generateBundle(_options, bundle) {
			const chunks = Object.values(bundle).filter((output) => output.type === "chunk");
			const folders = new Set(chunks.flatMap(({ moduleIds }) => moduleIds.flatMap(packageOf)));
			const source = [...folders]
				.sort()
				.map(licenseOf)
				.join(`\n${"-".repeat(80)}\n\n`);
			this.emitFile({ type: "asset", fileName, source });
		},
	};
}

// The innermost package that a module is a part of.
function packageOf(moduleId: string): string[] {
	const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(moduleId)?.[0];
	return folder === undefined ? [] : [folder];
}

function licenseOf(folder: string): string {
	const { license, name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
	const file = readdirSync(folder).find((entry) => /^licen[sc]e/i.test(entry));
	const text =
		file === undefined ? "(The package has no license file.)\n" : readFileSync(join(folder, file), "utf8");
	return `${name} ${version} (${license})\n\n${text.trim()}\n`;
}
