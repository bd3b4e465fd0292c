import { randomUUID } from "node:crypto";
import { type Format, lineByLine, type Variables } from "./format.ts";

/** Lines for the file that GITHUB_ENV names, from which the later steps of a job have their variables. */
export const GITHUB: Format = {
	render: lineByLine((name, value) => {
		// Nobody who knows the value can know it, and so end the value early.
		const delimiter = `dsta_${randomUUID()}`;
		return `${name}<<${delimiter}\n${value}\n${delimiter}`;
	}),
	misfit: (_, name) =>
		/^(?:NODE_OPTIONS$|GITHUB_|RUNNER_)/i.test(name)
			? "a step of GitHub Actions cannot set this name for the others"
			: undefined,
};

/** The commands on standard output that have a runner hide values in its log, line by line, as it compares them. */
export function maskCommands(variables: Variables): string {
	const lines = [...variables.values()].flatMap((value) => value.split(/[\r\n]+/));
	const hidden = new Set(lines.filter((line) => line.trim() !== ""));
	return [...hidden].map((line) => `::add-mask::${line.replaceAll("%", "%25")}\n`).join("");
}
