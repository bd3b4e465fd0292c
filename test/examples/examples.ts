import { execFileSync } from "node:child_process";
import { buildImage, type Image } from "./image.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** Where a Dockerfile of the examples is. */
export function dockerfileOf(name: string): string {
	return `${ROOT}examples/docker/${name}.Dockerfile`;
}

/** Builds an image of the examples in a folder that is there for it, from what its first lines say is made before. */
export function buildExample(name: string, folder: string, target?: string): Image {
	if (name === "npm")
		execFileSync("npm", ["pack", "--pack-destination", folder], { cwd: ROOT, stdio: "pipe" });
	const options = target === undefined ? {} : { target };
	return buildImage(dockerfileOf(name), { contexts: [ROOT, folder], folder, ...options });
}
