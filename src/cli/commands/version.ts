import manifest from "../../../package.json" with { type: "json" };
import { buildOf } from "../build.ts";
import type { CommandResult, Host } from "../host.ts";
import type { CommandLine } from "../options.ts";

/** Prints the version, and the build: which runtime carries it. */
export async function version({ options }: CommandLine, { process }: Host): Promise<CommandResult> {
	const build = buildOf(process);
	if (options.json)
		return { status: 0, output: `${JSON.stringify({ version: manifest.version, ...build })}\n` };
	const carrier = `${build.runtime} ${build.runtimeVersion}`;
	const words = build.build === "standalone" ? `standalone, ${carrier}` : carrier;
	return { status: 0, output: `dsta-run ${manifest.version} (${words})\n` };
}
