import { shellWord } from "../../backends/shell.ts";
import type { SecretMap } from "../../map/secret-map.ts";
import type { CommandLine } from "../options.ts";
import { showName } from "../report.ts";

/** What a policy is for, as its reader is told. */
export interface Task {
	/** What the policy and its resources are called. */
	readonly name: string;
	/** Who needs it: `a run of secrets.map.yaml`. */
	readonly purpose: string;
	/** The command that prints it. */
	readonly command: string;
}

/** The task that a command line and its map stand for. */
export function taskOf({ operands, options }: CommandLine, { file }: SecretMap): Task {
	const { backend, map, name = options.rotation ? "dsta-rotation" : "dsta-policy", rotation } = options;
	const words = [
		"dsta-run policy",
		...operands,
		...(rotation ? ["--rotation"] : []),
		...(map === undefined ? [] : ["--map", shellWord(map)]),
		...(backend === undefined ? [] : ["--backend", backend]),
	];
	return {
		name,
		purpose: `${rotation ? "a rotation of the secrets in" : "a run of"} ${showName(file)}`,
		command: showName(words.join(" ")),
	};
}

/** Says of a task that it asks nothing of somebody. */
export function nothingFor({ purpose }: Task, who: string): string {
	return `${purpose.replace(/^a/, "A")} asks nothing of ${who}: there is nothing to allow`;
}
