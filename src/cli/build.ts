/** Which build of the program this is, and what carries it. */
export interface Build {
	readonly build: "npm" | "standalone";
	readonly runtime: "node" | "bun";
	readonly runtimeVersion: string;
}

/** The build that runs in a process. */
export function buildOf({ versions: { bun, node } }: Pick<NodeJS.Process, "versions">): Build {
	return bun === undefined
		? { build: "npm", runtime: "node", runtimeVersion: node }
		: { build: "standalone", runtime: "bun", runtimeVersion: bun };
}
