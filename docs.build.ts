import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Extractor, ExtractorConfig } from "@microsoft/api-extractor";

const ROOT = fileURLToPath(new URL(".", import.meta.url));

/** All that a program can import, and what stands above it. */
const ENTRY = `/**
 * Secrets through Vault or OpenBao, AWS Secrets Manager and the environment. Everything is imported from \`dsta-run\`, but
 * \`MemoryBackend\` and \`MemorySecrets\` from \`dsta-run/testing\`.
 * @packageDocumentation
 */
export * from "./index.js";
export * from "./testing.js";
`;

/**
 * Puts the model of the built library, which its reference is made from, into an empty folder. Answers what is wrong with it:
 * a member without a sentence, a type that is mentioned and not exported, a tag that TSDoc does not know.
 */
export function extractApi(folder: string): readonly string[] {
	const types = copyTypes(folder);
	const config = ExtractorConfig.prepare({
		configObject: placed(ExtractorConfig.loadFile(join(ROOT, "api-extractor.json")), folder, types),
		configObjectFullPath: undefined,
		packageJsonFullPath: join(ROOT, "package.json"),
	});
	const mistakes: string[] = [];
	Extractor.invoke(config, {
		localBuild: true,
		messageCallback(message) {
			message.handled = true;
			const { category, logLevel, messageId, sourceFilePath = "", text } = message;
			if (category === "console" || (logLevel !== "warning" && logLevel !== "error")) return;
			mistakes.push(`${sourceFilePath.slice(types.length + 1)}: ${text} (${messageId})`);
		},
	});
	return mistakes;
}

/** Copies the declarations, and names the error in them as TSDoc does: `@throws {DstaError}` is how editors know it. */
function copyTypes(folder: string): string {
	const types = join(folder, "types");
	cpSync(join(ROOT, "dist/types"), types, { recursive: true });
	for (const name of readdirSync(types, { recursive: true, encoding: "utf8" })) {
		if (!name.endsWith(".d.ts")) continue;
		const file = join(types, name);
		writeFileSync(file, readFileSync(file, "utf8").replaceAll("@throws {", "@throws {@link "));
	}
	writeFileSync(join(types, "all.d.ts"), ENTRY);
	return types;
}

type Config = ReturnType<typeof ExtractorConfig.loadFile>;

/** The configuration for declarations in a folder outside the repository. */
function placed(config: Config, folder: string, types: string): Config {
	const { compilerOptions } = (config.compiler?.overrideTsconfig ?? {}) as { compilerOptions?: object };
	const typeRoots = [join(ROOT, "node_modules/@types")];
	return {
		...config,
		projectFolder: folder,
		mainEntryPointFilePath: join(types, "all.d.ts"),
		// Without a report nobody looks for what has no documentation.
		apiReport: { enabled: true, reportFolder: folder, reportTempFolder: join(folder, "temp") },
		docModel: { enabled: true, apiJsonFilePath: join(folder, "dsta-run.api.json") },
		compiler: { overrideTsconfig: { compilerOptions: { ...compilerOptions, typeRoots }, include: [types] } },
	};
}

if (import.meta.main) {
	const folder = mkdtempSync(join(tmpdir(), "dsta-run-docs-"));
	try {
		for (const mistake of extractApi(folder)) {
			console.error(mistake);
			process.exitCode = 1;
		}
		const documenter = join(ROOT, "node_modules/@microsoft/api-documenter/bin/api-documenter");
		const pages = join(ROOT, "dist/docs");
		const args = ["markdown", "--input-folder", folder, "--output-folder", pages];
		execFileSync(process.execPath, [documenter, ...args], { stdio: ["ignore", "ignore", "inherit"] });
		console.log("dist/docs/index.md");
	} finally {
		rmSync(folder, { recursive: true });
	}
}
