import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Rolldown } from "tsdown";
import { type Bundled, bundledIn } from "./bundled.build.ts";
import { billOfMaterials } from "./sbom.build.ts";

/** Writes the licenses of all libraries that are in a bundle into a file beside it, as each of them asks. */
export function thirdPartyLicenses(fileName: string): Rolldown.Plugin {
	return aboutLibraries("third-party-licenses", fileName, (libraries) =>
		libraries.map(licenseOf).join(`\n${"-".repeat(80)}\n\n`),
	);
}

/** Writes which libraries are in a bundle into a file beside it. */
export function softwareBillOfMaterials(fileName: string): Rolldown.Plugin {
	return aboutLibraries("software-bill-of-materials", fileName, billOfMaterials);
}

function aboutLibraries(
	name: string,
	fileName: string,
	write: (libraries: readonly Bundled[]) => string,
): Rolldown.Plugin {
	return {
		name,
		generateBundle(_options, bundle) {
			const chunks = Object.values(bundle).filter((output) => output.type === "chunk");
			const source = write(bundledIn(chunks.flatMap(({ moduleIds }) => moduleIds)));
			this.emitFile({ type: "asset", fileName, source });
		},
	};
}

function licenseOf({ folder, license, name, version }: Bundled): string {
	const path = join(import.meta.dirname, folder);
	const file = readdirSync(path).find((entry) => /^licen[sc]e/i.test(entry));
	const text =
		file === undefined ? "(The package has no license file.)\n" : readFileSync(join(path, file), "utf8");
	return `${name} ${version} (${license})\n\n${text.trim()}\n`;
}
