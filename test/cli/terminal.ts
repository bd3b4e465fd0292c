import { spawn } from "node:child_process";
import { LAUNCHER, PYTHON } from "../process/launch.ts";

const DRIVER: string = new URL("terminal.py", import.meta.url).pathname;

export interface OnTerminal {
	/** Resolves when a text has been shown, after what was awaited before. */
	shows(text: string): Promise<void>;
	/** Presses keys: `\r` is Enter, `\x03` Ctrl-C. */
	type(keys: string): void;
	readonly ended: Promise<{ readonly status: number | null; readonly screen: string }>;
}

/** Starts the built executable on a terminal of its own. */
export function launchOnTerminal(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv): OnTerminal {
	const child = spawn(PYTHON, [DRIVER, ...LAUNCHER, ...args], {
		cwd,
		env: { PATH: process.env.PATH, HOME: cwd, ...env },
		stdio: ["pipe", "pipe", "inherit"],
	});
	let screen = "";
	let seen = 0;
	let look = () => {};
	child.stdout.on("data", (chunk) => {
		screen += chunk;
		look();
	});
	return {
		shows: (text) =>
			new Promise((resolve) => {
				look = () => {
					const start = screen.indexOf(text, seen);
					if (start < 0) return;
					seen = start + text.length;
					resolve();
				};
				look();
			}),
		type: (keys) => void child.stdin.write(keys),
		ended: new Promise((resolve) => child.once("close", (status) => resolve({ status, screen }))),
	};
}
