import { readFileSync } from "node:fs";
import { LEFT_OUT, REPLACED, REPLACED_IN_TEXT, standInFor } from "./stubs.build.ts";

interface PluginBuild {
	onResolve(where: { filter: RegExp }, resolve: (module: { path: string }) => object): void;
	onLoad(where: { filter: RegExp }, load: (module: { path: string }) => object): void;
}

/** What Bun makes the program of the standalone executables with, for whichever target. */
export const BUNDLE = {
	entrypoints: [`${import.meta.dirname}/src/cli.ts`],
	target: "bun",
	// In chunks, so that a start reads no more of the 3 MB of bytecode than it runs.
	format: "esm",
	splitting: true,
	// The ES modules of a library, of which the bundle takes what is used, where it has another form for Node as well.
	conditions: ["module"],
	minify: true,
	plugins: [{ name: "replaced-modules", setup: replaceModules }],
} as const;

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
