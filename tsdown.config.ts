import { defineConfig } from "tsdown";

/** Parts of node-vault that the Vault backend replaces or does without: see src/backends/vault/client.ts. */
const vaultStubs = Object.fromEntries(
	["axios", "debug", "tv4", "mustache"].map((name) => [
		name,
		new URL(`src/backends/vault/stubs/${name}.cjs`, import.meta.url).pathname,
	]),
);

export default defineConfig([
	{
		// The executable: CommonJS chunks start faster than ES modules, and a run loads only those that it uses.
		entry: { cli: "src/cli.ts" },
		format: "cjs",
		platform: "node",
		target: "node22.15",
		outDir: "dist",
		dts: false,
		minify: true,
		clean: true,
		alias: vaultStubs,
		deps: { alwaysBundle: [/.*/] },
	},
]);
