import { type ChildProcess, spawn } from "node:child_process";
import {
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { follow, LAUNCHER, type Launch } from "../process/launch.ts";
import { PREPARED } from "./prepared.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** A copy of an example, with dsta-run and what else it depends on installed as its reader has it. */
export interface Example extends Disposable {
	readonly folder: string;
	/** Starts the command that the top of its map shows with these first words; both streams come as one. */
	start(words: string, env?: NodeJS.ProcessEnv): Launch;
}

/** Copies an example. */
export function openExample(name: string): Example {
	const folder = mkdtempSync(join(tmpdir(), `dsta-run-${name}-`));
	const isOurs = (file: string) => !file.endsWith("/node_modules");
	cpSync(join(ROOT, "examples", name), folder, { recursive: true, filter: isOurs });
	installPackages(folder);
	const path = [join(folder, "node_modules/.bin"), dirname(process.execPath), join(PREPARED, "bin")];
	const base = { PATH: [...path, process.env.PATH].join(delimiter), HOME: folder };
	const commands = commandsOf(join(folder, "secrets.map.yaml"));
	const started: ChildProcess[] = [];
	return {
		folder,
		start(words, env = {}) {
			const command = commands.find((one) => one.startsWith(words));
			if (command === undefined) throw new Error(`${name} shows no command ${words}`);
			const child = spawn("sh", ["-c", `exec 2>&1; exec ${command}`], {
				cwd: folder,
				detached: true,
				env: { ...base, ...env },
			});
			started.push(child);
			return { child, ...follow(child) };
		},
		[Symbol.dispose]() {
			// Only after a failure is there one.
			for (const { exitCode, pid, signalCode } of started)
				if (exitCode === null && signalCode === null) process.kill(-(pid as number), "SIGKILL");
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** As `npm install` does; what Python needs is in PATH. */
function installPackages(folder: string): void {
	const modules = join(folder, "node_modules");
	mkdirSync(join(modules, ".bin"), { recursive: true });
	symlinkSync(ROOT, join(modules, "dsta-run"));
	const words = LAUNCHER.map((word) => `'${word}'`).join(" ");
	writeFileSync(join(modules, ".bin/dsta-run"), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
	const description = join(folder, "package.json");
	if (!existsSync(description)) return;
	const { dependencies = {} } = JSON.parse(readFileSync(description, "utf8"));
	for (const name of Object.keys(dependencies))
		symlinkSync(join(PREPARED, "node/node_modules", name), join(modules, name));
}

function commandsOf(map: string): readonly string[] {
	return [...readFileSync(map, "utf8").matchAll(/^# {3}(.+)$/gm)].map(([, command]) => command as string);
}
