import { defineConfig, type UserConfig } from "tsdown";
import { changedText, REPLACED, REPLACED_IN_TEXT } from "./stubs.build.ts";
import { softwareBillOfMaterials, thirdPartyLicenses } from "./tsdown.libraries.ts";
import { ownTexts } from "./tsdown.texts.ts";

const shared: UserConfig = {
	platform: "node",
	target: "node22.15",
	outDir: "dist",
	minify: true,
	// Everything is in the bundle: whoever installs dsta-run gets one package, of which a run loads what it uses.
	deps: { alwaysBundle: [/.*/] },
	alias: { ...REPLACED },
	// The ES modules of a library, of which the bundle takes what is used; the SDK's are a third of its CommonJS.
	inputOptions: { resolve: { mainFields: ["module", "main"] }, optimization: { inlineConst: true } },
};

/** What every run goes through, in one chunk: to find and to compile another takes Node a millisecond. */
const EVERY_RUN =
	"clock|cli/(?:color|commands/run|error-stream|feasibility|main|mistakes|options|output|progress|report|scan|session|usage)|backends/(?:deadline|on-abort|per-signal|select|shell|env/.*|(?:aws|vault)/(?:aws|vault|settings))|(?:launch|map|resolve)/[^/]*";
const SOME_RUNS =
	"launch/(?:beside|job-control|notify|outputs|pid1|replace|service|shell-reaper|supervise|supervision|tie)|map/(?:expand|yaml)|resolve/(?:count-questions|lease-words|marks|templates)";
/** What every question to Vault or AWS goes through under Node. */
const ASKED = { name: "node-http", test: /\/src\/backends\/node-(?:http|answer)\.ts$/ };
/** What a question to a server with TLS goes through in its place. */
const BY_HTTP2 = {
	name: "node-http2",
	test: /\/src\/backends\/(?:node-http2|node-tls-options|unless-aborted)\.ts$/,
};
const STARTED = { name: "run", test: new RegExp(`/src/(?!(?:${SOME_RUNS})\\.)(?:${EVERY_RUN})\\.ts$`) };

/** What everybody goes through who asks a server, in one chunk more. */
const ASKING = {
	name: "asking",
	test: /\/src\/backends\/(?:circuit|connection|json|limit|open-transport|transport)\.ts$/,
};

const changeLibraries = {
	name: "change-libraries",
	load: (id: string) => changedText(id, REPLACED_IN_TEXT),
};

/** Keeps the output to ASCII: one character beyond it, and V8 takes twice the time to compile a file. */
const asciiOnly = {
	name: "ascii-only",
	generateBundle(_: unknown, bundle: Record<string, { code?: string }>) {
		for (const output of Object.values(bundle))
			if (output.code !== undefined) output.code = output.code.replace(/[^\0-\x7f]/g, escapeUnit);
	},
};

function escapeUnit(unit: string): string {
	return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

const config: UserConfig[] = [
	// The executable: CommonJS chunks start faster than ES modules, and a run loads only those that it uses.
	{
		...shared,
		entry: { cli: "src/cli-cached.ts", main: "src/cli.ts" },
		format: "cjs",
		dts: false,
		clean: true,
		// To import() node:http evaluates all that it exports, a fetch client of 50 ms included; to require() it does not.
		outputOptions: {
			dynamicImportInCjs: false,
			codeSplitting: { groups: [STARTED, ASKED, BY_HTTP2, ASKING] },
		},
		plugins: [
			changeLibraries,
			thirdPartyLicenses("THIRD-PARTY-LICENSES.txt"),
			softwareBillOfMaterials("sbom.cdx.json"),
			ownTexts(),
			asciiOnly,
		],
	},
	{
		...shared,
		entry: { index: "src/index.ts", register: "src/register.ts", testing: "src/testing.ts" },
		format: "esm",
		dts: false,
		clean: false,
	},
];

export default defineConfig(config);
