import { changedText, REPLACED, REPLACED_IN_TEXT, type Replacement } from "./stubs.build.ts";

interface PluginBuild {
	onResolve(where: { filter: RegExp }, resolve: (module: { path: string }) => object): void;
	onLoad(where: { filter: RegExp }, load: (module: { path: string }) => object | undefined): void;
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

const stubOfAws = (name: string) => `${import.meta.dirname}/src/backends/aws/stubs/${name}.js`;

const REPLACED_FOR_BUN: readonly Replacement[] = [
	...REPLACED_IN_TEXT,
	{
		importer: /\/@smithy\/core\/dist-es\/submodules\/(?:serde\/index|checksum\/sha256\/Sha256Node)\.js$/,
		name: '"node:crypto"',
		by: stubOfAws("crypto"),
	},
	{
		importer: /\/@smithy\/core\/dist-es\/submodules\/retry\/.*\/isStreamingPayload\.js$/,
		name: '"node:stream"',
		by: stubOfAws("stream"),
	},
];

function replaceModules(build: PluginBuild): void {
	const filter = new RegExp(`^(?:${Object.keys(REPLACED).join("|")})$`);
	build.onResolve({ filter }, ({ path }) => ({ path: REPLACED[path] }));
	build.onLoad({ filter: /\/node_modules\/.*\.js$/ }, ({ path }) => {
		const contents = changedText(path, REPLACED_FOR_BUN);
		return contents === undefined ? undefined : { contents, loader: "js" };
	});
}
