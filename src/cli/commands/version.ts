import manifest from "../../../package.json" with { type: "json" };
import type { CommandResult, Host } from "../host.ts";
import type { CommandLine } from "../options.ts";

/** Prints the version, and the build: which runtime carries it. */
export async function version({ options }: CommandLine, { process }: Host): Promise<CommandResult> {
	const build = { version: manifest.version, runtime: "node", runtimeVersion: process.versions.node };
	if (options.json) return { status: 0, output: `${JSON.stringify(build)}\n` };
	return { status: 0, output: `dsta-run ${build.version} (${build.runtime} ${build.runtimeVersion})\n` };
}
