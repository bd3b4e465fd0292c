import { defineConfig, type UserConfig } from "tsdown";
import { thirdPartyLicenses } from "./tsdown.licenses.ts";

const fileOf = (path: string) => new URL(path, import.meta.url).pathname;

const shared: UserConfig = {
	platform: "node",
	target: "node22.15",
	outDir: "dist",
	minify: true,
	// Everything is in the bundle: whoever installs dsta-run gets one package, of which a run loads what it uses.
	deps: { alwaysBundle: [/.*/] },
	alias: {
		// Parts of node-vault that the Vault backend replaces or does without: see src/backends/vault/client.ts.
		...Object.fromEntries(
			["axios", "https", "debug", "tv4", "mustache"].map((name) => [
				name,
				fileOf(`src/backends/vault/stubs/${name}.cjs`),
			]),
		),
		// The build of yaml for Node prints the values of a map when LOG_TOKENS or LOG_STREAM is set; this one reads no switch.
		yaml: fileOf("node_modules/yaml/browser/index.js"),
	},
};

const config: UserConfig[] = [
	// The executable: CommonJS chunks start faster than ES modules, and a run loads only those that it uses.
	{
		...shared,
		entry: { cli: "src/cli.ts" },
		format: "cjs",
		dts: false,
		clean: true,
		// To import() node:http evaluates all that it exports, a fetch client of 50 ms included; to require() it does not.
		outputOptions: { dynamicImportInCjs: false },
		plugins: [thirdPartyLicenses("THIRD-PARTY-LICENSES.txt")],
	},
	{ ...shared, entry: { index: "src/index.ts" }, format: "esm", dts: false, clean: false },
];

export default defineConfig(config);
