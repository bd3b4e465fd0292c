/*
 * Compiles the standalone executables: `npm run build:standalone`, or with some of their names for those alone.
 * To be run by Bun, which brings the runtime of each target with it.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { BUNDLE } from "./bundle.build.ts";
import { bundledIn } from "./bundled.build.ts";
import { delayCompilation } from "./compilation.build.ts";
import { billOfMaterials } from "./sbom.build.ts";
import { removeSwitches } from "./switches.build.ts";

/** The parts of Bun that are used here. */
declare const Bun: {
	readonly version: string;
	build(options: object): Promise<{
		readonly success: boolean;
		readonly logs: readonly unknown[];
		readonly metafile: { readonly outputs: Readonly<Record<string, { readonly inputs: object }>> };
	}>;
};

const TARGETS = ["linux-x64", "linux-arm64", "linux-x64-musl", "linux-arm64-musl"] as const;
const FOLDER = `${import.meta.dirname}/dist/standalone`;

// `host` is this machine's own, `host-musl` the one beside it.
const asked = process.argv.slice(2).map((name) => name.replace(/^host\b/, `linux-${process.arch}`));
const unknown = asked.filter((name) => !TARGETS.some((target) => target === name));
if (unknown.length > 0)
	throw new Error(`There is no target ${unknown.join(", ")}, only ${TARGETS.join(", ")}`);

const BUN = { name: "bun", version: Bun.version, license: "MIT" };

mkdirSync(FOLDER, { recursive: true });
for (const target of asked.length > 0 ? asked : TARGETS) {
	const outfile = `${FOLDER}/dsta-run-${target}`;
	const { logs, metafile, success } = await Bun.build({
		...BUNDLE,
		bytecode: true,
		metafile: true,
		// What lies in the working directory is for the command: our own rules say what is read of it.
		compile: { target: `bun-${target}`, outfile, autoloadDotenv: false, autoloadBunfig: false },
	});
	if (!success) throw new AggregateError(logs, `${target} was not compiled`);
	const bytes = readFileSync(outfile);
	removeSwitches(bytes);
	delayCompilation(bytes);
	writeFileSync(outfile, bytes);
	const files = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
	writeFileSync(`${FOLDER}/sbom.cdx.json`, billOfMaterials(bundledIn(files), BUN));
	console.log(
		`${outfile.slice(import.meta.dirname.length + 1)}: ${Math.round(statSync(outfile).size / 2 ** 20)} MiB`,
	);
}

// As `sha256sum --check` reads them.
const made = readdirSync(FOLDER).filter((name) => TARGETS.some((target) => name === `dsta-run-${target}`));
const sums = made.sort().map((name) => `${sha256Of(`${FOLDER}/${name}`)}  ${name}\n`);
writeFileSync(`${FOLDER}/SHA256SUMS`, sums.join(""));

function sha256Of(file: string): string {
	return createHash("sha256").update(readFileSync(file)).digest("hex");
}
