import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { PREPARED } from "./prepared.ts";

const EXECUTABLE = new URL(`../../dist/standalone/dsta-run-linux-${process.arch}`, import.meta.url).pathname;

/** Puts into a folder what the examples need of the images that they start from, and nothing else of them. */
export const BASES: Readonly<Record<string, (root: string) => void>> = {
	"node:24-slim": (root) => {
		copyProgram(process.execPath, "/usr/local/bin/node", root);
		copyProgram("/usr/bin/env", "/usr/bin/env", root);
	},
	"gcr.io/distroless/base-debian13:nonroot": (root) => copyLibraries(EXECUTABLE, root),
	"alpine:3.22": (root) => cpSync(join(PREPARED, "musl"), root, { recursive: true, verbatimSymlinks: true }),
	"busybox:1.37-musl": (root) => copyFile(join(PREPARED, "bin/busybox"), join(root, "bin/busybox")),
};

function copyProgram(program: string, path: string, root: string): void {
	copyFile(program, join(root, path));
	copyLibraries(program, root);
}

function copyLibraries(program: string, root: string): void {
	const { stdout } = spawnSync("ldd", [program], { encoding: "utf8" });
	for (const [, file] of stdout.matchAll(/^\t(?:\S+ => )?(\/\S+)/gm))
		copyFile(file as string, join(root, file as string));
}

function copyFile(from: string, to: string): void {
	mkdirSync(dirname(to), { recursive: true });
	copyFileSync(from, to);
}
