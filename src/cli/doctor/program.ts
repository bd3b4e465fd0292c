import manifest from "../../../package.json" with { type: "json" };
import { buildOf } from "../build.ts";
import type { Look } from "./look.ts";
import type { Patient } from "./patient.ts";

/** Which dsta-run this is. One on a Node that is too old says so by itself. */
export function lookAtProgram({ host: { process } }: Patient): Look {
	return {
		check: "program",
		look() {
			const { build, runtime, runtimeVersion } = buildOf(process);
			const carrier = build === "standalone" ? "standalone executable" : `on ${runtime} ${runtimeVersion}`;
			return [
				{
					severity: "ok",
					message: `dsta-run ${manifest.version}, ${carrier}, ${process.platform} ${process.arch}`,
				},
			];
		},
	};
}
