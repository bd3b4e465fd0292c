import { readFileSync } from "node:fs";

const fileOf = (path: string) => new URL(path, import.meta.url).pathname;

/** The modules that every build replaces by others, with the file of each. */
export const REPLACED: Readonly<Record<string, string>> = {
	// Parts of node-vault that the Vault backend replaces or does without: see src/backends/vault/client.ts.
	...Object.fromEntries(
		["axios", "https", "debug", "tv4", "mustache"].map((name) => [
			name,
			fileOf(`src/backends/vault/stubs/${name}.cjs`),
		]),
	),
	"@smithy/node-http-handler": fileOf("src/backends/aws/stubs/node-http-handler.js"),
	// The build of yaml for Node prints the values of a map when LOG_TOKENS or LOG_STREAM is set; this one reads no switch.
	yaml: fileOf("node_modules/yaml/browser/index.js"),
};

/** A module that the modules of a library import by a name, which is replaced in their text: of Node's own no plugin of Bun hears. */
export interface Replacement {
	readonly importer: RegExp;
	/** The name with its quotes. */
	readonly name: string;
	readonly by: string;
}

export const REPLACED_IN_TEXT: readonly Replacement[] = [
	// Without this node-vault loads all of Node's HTTP and TLS.
	{ importer: /\/node-vault\/src\/index\.js$/, name: "'https'", by: REPLACED.https as string },
	{
		importer: /\/execa\/lib\/(?:stdio\/direction|utils\/standard-stream|verbose\/default)\.js$/,
		name: "'node:process'",
		by: fileOf("src/launch/stubs/process.js"),
	},
];

/**
 * The modules of execa, about half of it, for what we do not ask of it: streams that are not inherited, messages between processes,
 * its other functions. Node takes longer to compile them than to run the others.
 */
const LEFT_OUT = new RegExp(
	`/node_modules/(?:${[
		"execa/lib/(?:pipe/.*|convert/(?:duplex|iterable|readable|shared|web|writable))",
		"execa/lib/ipc/(?:forward|get-each|get-one|graceful|incoming|reference|send|strict|validation)",
		"execa/lib/(?:io/(?:input-sync|iterate|max-buffer|output-sync|pipeline)|methods/(?:command|main-sync))",
		"execa/lib/(?:resolve/(?:exit-sync|wait-stream)|stdio/handle-sync)",
		"execa/lib/transform/(?:encoding-transform|generator|run-async|run-sync|split|validate)",
		"(?:npm-run-path|which-command)/index",
	].join("|")})\\.js$`,
);

/** The text of a module of a library as a build takes it; `undefined`: as it is. */
export function changedText(path: string, replacements: readonly Replacement[]): string | undefined {
	if (LEFT_OUT.test(path)) return standInFor(readFileSync(path, "utf8"));
	const replacement = replacements.find(({ importer }) => importer.test(path));
	if (replacement === undefined) return undefined;
	const { by, name } = replacement;
	const text = readFileSync(path, "utf8");
	if (!text.includes(name)) throw new Error(`${path} does not import ${name} any more: see ${by}`);
	return text.replace(name, JSON.stringify(by));
}

// The functions that it exports, which throw.
function standInFor(text: string): string {
	const names = [...text.matchAll(/^export (?:async )?(?:class|const|function) ?\*? ?(\w+)/gm)];
	return names
		.map(([, name]) => `export function ${name}() { throw new Error("${name} is left out of this build"); }`)
		.join("\n");
}
