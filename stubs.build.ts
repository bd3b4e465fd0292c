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
