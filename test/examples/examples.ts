import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { buildImage, type Image } from "./image.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** Where a Dockerfile of the examples is. */
export function dockerfileOf(name: string): string {
	return `${ROOT}examples/docker/${name}.Dockerfile`;
}

/** Builds an image of the examples below a folder, from what the first lines of its Dockerfile say is made before. */
export function buildExample(name: string, parent: string, target?: string): Image {
	const folder = join(parent, name);
	mkdirSync(folder);
	if (name === "npm")
		execFileSync("npm", ["pack", "--pack-destination", folder], { cwd: ROOT, stdio: "pipe" });
	const buildArgs = { ARCH: process.arch };
	return buildImage(dockerfileOf(name), { buildArgs, contexts: [ROOT, folder], folder, target });
}
