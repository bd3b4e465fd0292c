/*
 * Compiles the standalone executables: `npm run build:standalone`, or with some of their names for those alone.
 * To be run by Bun, which brings the runtime of each target with it.
 */
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { LEFT_OUT, REPLACED, REPLACED_IN_TEXT, standInFor } from "./stubs.build.ts";
import { removeSwitches } from "./switches.build.ts";

/** The parts of Bun that are used here. */
declare const Bun: {
	build(options: object): Promise<{ readonly success: boolean; readonly logs: readonly unknown[] }>;
};

interface PluginBuild {
	onResolve(where: { filter: RegExp }, resolve: (module: { path: string }) => object): void;
	onLoad(where: { filter: RegExp }, load: (module: { path: string }) => object): void;
}

const TARGETS = ["linux-x64", "linux-arm64", "linux-x64-musl", "linux-arm64-musl"] as const;
const FOLDER = `${import.meta.dirname}/dist/standalone`;

// `host` is this machine's own, `host-musl` the one beside it.
const asked = process.argv.slice(2).map((name) => name.replace(/^host\b/, `linux-${process.arch}`));
const unknown = asked.filter((name) => !TARGETS.some((target) => target === name));
if (unknown.length > 0)
	throw new Error(`There is no target ${unknown.join(", ")}, only ${TARGETS.join(", ")}`);

mkdirSync(FOLDER, { recursive: true });
for (const target of asked.length > 0 ? asked : TARGETS) {
	const outfile = `${FOLDER}/dsta-run-${target}`;
	const { logs, success } = await Bun.build({
		entrypoints: [`${import.meta.dirname}/src/cli.ts`],
		target: "bun",
		// In chunks, so that a start reads no more of the 3 MB of bytecode than it runs.
		format: "esm",
		splitting: true,
		// The ES modules of a library, of which the bundle takes what is used, where it has another form for Node as well.
		conditions: ["module"],
		minify: true,
		bytecode: true,
		// What lies in the working directory is for the command: our own rules say what is read of it.
		compile: { target: `bun-${target}`, outfile, autoloadDotenv: false, autoloadBunfig: false },
		plugins: [{ name: "replaced-modules", setup: replaceModules }],
	});
	if (!success) throw new AggregateError(logs, `${target} was not compiled`);
	removeSwitches(outfile);
	console.log(
		`${outfile.slice(import.meta.dirname.length + 1)}: ${Math.round(statSync(outfile).size / 2 ** 20)} MiB`,
	);
}

function replaceModules(build: PluginBuild): void {
	const filter = new RegExp(`^(?:${Object.keys(REPLACED).join("|")})$`);
	build.onResolve({ filter }, ({ path }) => ({ path: REPLACED[path] }));
	const loadAs = (filter: RegExp, change: (text: string, path: string) => string) =>
		build.onLoad({ filter }, ({ path }) => ({
			contents: change(readFileSync(path, "utf8"), path),
			loader: "js",
		}));
	loadAs(LEFT_OUT, standInFor);
	for (const { by, file, written } of REPLACED_IN_TEXT)
		loadAs(file, (text, path) => {
			if (!text.includes(written))
				throw new Error(`${path} does not name ${written} any more: see REPLACED_IN_TEXT`);
			return text.replace(written, JSON.stringify(by));
		});
}
