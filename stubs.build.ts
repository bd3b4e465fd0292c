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

/**
 * The modules of Node that the standalone executable does without where a library asks for them by name, which no plugin of Bun hears
 * of: there they are replaced in the text.
 */
export const REPLACED_IN_TEXT: readonly { file: RegExp; written: string; by: string }[] = [
	// Without this node-vault loads all of Node's HTTP and TLS.
	{ file: /\/node-vault\/src\/index\.js$/, written: "'https'", by: REPLACED.https as string },
	{
		file: /\/@smithy\/core\/dist-es\/submodules\/(?:serde\/index|checksum\/sha256\/Sha256Node)\.js$/,
		written: '"node:crypto"',
		by: fileOf("src/backends/aws/stubs/crypto.js"),
	},
	{
		file: /\/@smithy\/core\/dist-es\/submodules\/retry\/.*\/isStreamingPayload\.js$/,
		written: '"node:stream"',
		by: fileOf("src/backends/aws/stubs/stream.js"),
	},
];

/**
 * The modules of execa, about half of it, for what we do not ask of it: streams that are not inherited, messages between processes,
 * its other functions. Node takes longer to compile them than to run the others.
 */
export const LEFT_OUT: RegExp = new RegExp(
	`/node_modules/(?:${[
		"execa/lib/(?:pipe/.*|convert/(?:duplex|iterable|readable|shared|web|writable))",
		"execa/lib/ipc/(?:forward|get-each|get-one|graceful|incoming|reference|send|strict|validation)",
		"execa/lib/(?:io/(?:input-sync|iterate|max-buffer|output-sync|pipeline)|methods/(?:command|main-sync))",
		"execa/lib/(?:resolve/(?:exit-sync|wait-stream)|stdio/handle-sync)",
		"execa/lib/transform/(?:encoding-transform|generator|run-async|run-sync|split|validate)",
		"(?:npm-run-path|which-command)/index",
	].join("|")})\\.js$`,
);

/** What stands for a module that is left out: the functions that it exports, which throw. */
export function standInFor(text: string): string {
	const names = [...text.matchAll(/^export (?:async )?(?:class|const|function) ?\*? ?(\w+)/gm)];
	return names
		.map(([, name]) => `export function ${name}() { throw new Error("${name} is left out of this build"); }`)
		.join("\n");
}
