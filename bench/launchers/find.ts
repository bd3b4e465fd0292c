import { spawnSync } from "node:child_process";
import { existsSync, openSync, readFileSync, readSync, realpathSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import type { Found, Launcher } from "./launcher.ts";

export interface FoundLauncher extends Found {
	readonly launcher: Launcher;
	readonly version: string;
	/** Whether it runs on Node, and there is a list of modules to look at. */
	readonly isNode: boolean;
}

/** Finds the program of a launcher in the folder of the peers, then on PATH; `undefined` where it or what it needs is missing. */
export function findLauncher(launcher: Launcher, peers: string): FoundLauncher | undefined {
	const folders = [
		join(peers, "bin"),
		join(peers, "npm/node_modules/.bin"),
		new URL("../../.cache/servers/bin", import.meta.url).pathname,
		...(process.env.PATH ?? "").split(delimiter),
	];
	const pathOf = (name: string) =>
		isAbsolute(name)
			? [name].find((file) => existsSync(file))
			: folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
	const paths = [launcher.program, ...(launcher.needs ?? [])].map(pathOf);
	const [program] = paths;
	if (program === undefined || paths.includes(undefined)) return undefined;
	const file = realpathSync(program);
	const isNode = /^#!.*\bnode\b/.test(firstBytes(file)) || file.endsWith(".cjs");
	const words = isNode ? ([process.execPath, file] as const) : ([program] as const);
	return {
		launcher,
		words,
		isNode,
		version: isNode ? versionOfPackage(file) : versionOf(program, launcher),
		pathOf: (name) => pathOf(name) ?? name,
	};
}

function firstBytes(file: string): string {
	const buffer = Buffer.alloc(64);
	readSync(openSync(file, "r"), buffer);
	return buffer.toString("latin1").split("\n")[0] ?? "";
}

function versionOfPackage(file: string): string {
	for (let folder = dirname(file); folder !== "/"; folder = dirname(folder)) {
		const manifest = join(folder, "package.json");
		const { version } = existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")) : {};
		if (version !== undefined) return version;
	}
	return "?";
}

// What `go install` has built may know its version only as the module that it is.
function versionOf(program: string, { version = ["--version"] }: Launcher): string {
	const { stderr, stdout } = spawnSync(program, version, { encoding: "utf8", timeout: 10_000 });
	const said = /\d+\.\d+(?:\.\d+)?/.exec(`${stdout}${stderr}`)?.[0];
	if (said !== undefined) return said;
	const { stdout: module } = spawnSync("go", ["version", "-m", program], { encoding: "utf8" });
	return /^\s*mod\s+\S+\s+v(\S+)/m.exec(module ?? "")?.[1] ?? "?";
}
