import { readFileSync } from "node:fs";
import type { Bundled } from "./bundled.build.ts";

/** What a program consists of beside the libraries in it. */
export interface Runtime {
	readonly name: string;
	readonly version: string;
	readonly license: string;
}

const read = (file: string) => JSON.parse(readFileSync(`${import.meta.dirname}/${file}`, "utf8"));

/**
 * The bill of materials of a build, as CycloneDX 1.6 writes it: https://cyclonedx.org/docs/1.6/json/
 * It has neither time nor serial number: the same sources make the same text.
 */
export function billOfMaterials(libraries: readonly Bundled[], runtime?: Runtime): string {
	const { license, name, version } = read("package.json");
	const { packages } = read("package-lock.json");
	const own = { ...describe({ name, version, license }), type: "application" };
	const components = [
		...libraries.map((library) => ({
			...describe(library),
			hashes: [{ alg: "SHA-512", content: hexOf(packages[library.folder].integrity) }],
		})),
		...(runtime === undefined ? [] : [{ ...describe(runtime), type: "platform" }]),
	];
	const bill = {
		$schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
		bomFormat: "CycloneDX",
		specVersion: "1.6",
		version: 1,
		metadata: { component: own },
		components,
		dependencies: [{ ref: own["bom-ref"], dependsOn: components.map((component) => component["bom-ref"]) }],
	};
	return `${JSON.stringify(bill, undefined, "\t")}\n`;
}

function describe({ license, name, version }: Runtime) {
	const [, group, bare = name] = /^(@[^/]+)\/(.+)$/.exec(name) ?? [];
	// https://github.com/package-url/purl-spec: the @ of a scope is escaped.
	const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
	return {
		type: "library",
		"bom-ref": purl,
		...(group === undefined ? {} : { group }),
		name: bare,
		version,
		licenses: [{ expression: license }],
		purl,
	};
}

// A lockfile has "sha512-" and base64.
function hexOf(integrity: string): string {
	return Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex");
}
