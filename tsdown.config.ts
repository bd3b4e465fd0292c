import { defineConfig, type UserConfig } from "tsdown";
import { REPLACED } from "./stubs.build.ts";
import { thirdPartyLicenses } from "./tsdown.licenses.ts";

const shared: UserConfig = {
	platform: "node",
	target: "node22.15",
	outDir: "dist",
	minify: true,
	// Everything is in the bundle: whoever installs dsta-run gets one package, of which a run loads what it uses.
	deps: { alwaysBundle: [/.*/] },
	alias: { ...REPLACED },
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
