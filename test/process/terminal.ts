import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { LAUNCHER, PYTHON } from "./launch.ts";

const KEEPER = new URL("terminal.py", import.meta.url).pathname;

/** Ctrl with a letter, as the keyboard sends it. */
export const CTRL = { C: "\x03", D: "\x04", Z: "\x1a", BACKSLASH: "\x1c" } as const;

/** Less than a test may take, so that one that fails says what the terminal shows. */
const PATIENCE_MS = 20_000;

/** A terminal with a program on it, and its user. */
export interface Terminal {
	type(text: string): void;
	resize(rows: number, columns: number): void;
	hangUp(): void;
	/** Resolves with what stands before a text, once the terminal shows it; each part of the output is seen once. */
	shows(text: string | RegExp): Promise<string>;
	/** All that the terminal has shown. */
	screen(): string;
	/** What the terminal has shown until the end of the last text that was waited for. */
	seen(): string;
	/** Takes the terminal away and kills whatever is left of its session. */
	close(): void;
	readonly ended: Promise<{ readonly status?: number; readonly signal?: number }>;
}

/** The words of a shell command that starts the built executable. */
export const DSTA_RUN = LAUNCHER.map((word) => `'${word}'`).join(" ");

/** Runs a program as the leader of a session on a new terminal, with PATH and `env` as its whole environment. */
export function openTerminal(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Terminal {
	const child = spawn("/usr/bin/env", [PYTHON, KEEPER, ...args], {
		cwd,
		env: { PATH: process.env.PATH, HOME: cwd, PS1: "$ ", ...env },
		stdio: ["pipe", "pipe", "inherit"],
	});
	const tell = (...order: unknown[]) => child.stdin.write(`${JSON.stringify(order)}\n`);
	let screen = "";
	let seen = 0;
	const watchers = new Set<() => void>();
	const ended = new Promise<{ status?: number; signal?: number }>((resolve) => {
		createInterface(child.stdout).on("line", (line) => {
			const event = JSON.parse(line);
			if (event.status !== undefined || event.signal !== undefined) resolve(event);
			if (event.output === undefined) return;
			screen += event.output;
			for (const watch of watchers) watch();
		});
	});
	return {
		type: (text) => tell("type", text),
		resize: (rows, columns) => tell("resize", rows, columns),
		hangUp: () => tell("hangup"),
		shows: (text) =>
			new Promise((resolve, reject) => {
				const watch = () => {
					const [start, length] = find(screen.slice(seen), text);
					if (start < 0) return;
					stop();
					resolve(screen.slice(seen, seen + start));
					seen += start + length;
				};
				const deadline = setTimeout(() => {
					stop();
					reject(new Error(`The terminal does not show ${text}, but:\n${screen}`));
				}, PATIENCE_MS);
				const stop = () => {
					clearTimeout(deadline);
					watchers.delete(watch);
				};
				watchers.add(watch);
				watch();
			}),
		screen: () => screen,
		seen: () => screen.slice(0, seen),
		close: () => child.stdin.end(),
		ended,
	};
}

function find(screen: string, text: string | RegExp): [start: number, length: number] {
	if (typeof text === "string") return [screen.indexOf(text), text.length];
	const match = text.exec(screen);
	return match === null ? [-1, 0] : [match.index, match[0].length];
}
