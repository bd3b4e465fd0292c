import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { LAUNCHER } from "./launch.ts";

const KEEPER = new URL("terminal.py", import.meta.url).pathname;

/** Ctrl with a letter, as the keyboard sends it. */
export const CTRL = { C: "\x03", D: "\x04", Z: "\x1a", BACKSLASH: "\x1c" } as const;

export interface TerminalSettings {
	readonly echo: boolean;
	readonly canonical: boolean;
}

/** A terminal with a program on it, and its user. */
export interface Terminal {
	type(text: string): void;
	resize(rows: number, columns: number): void;
	hangUp(): void;
	settings(): Promise<TerminalSettings>;
	/** Resolves with what stands before a text, once the terminal shows it; each part of the output is seen once. */
	shows(text: string): Promise<string>;
	/** All that the terminal has shown. */
	screen(): string;
	/** Takes the terminal away and kills whatever is left of its session. */
	close(): void;
	readonly ended: Promise<{ readonly status?: number; readonly signal?: number }>;
}

/** The words of a shell command that starts the built executable. */
export const DSTA_RUN = LAUNCHER.map((word) => `'${word}'`).join(" ");

/** Runs a program as the leader of a session on a new terminal, with PATH and `env` as its whole environment. */
export function openTerminal(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Terminal {
	const child = spawn("/usr/bin/env", ["python3", KEEPER, ...args], {
		cwd,
		env: { PATH: process.env.PATH, HOME: cwd, PS1: "$ ", ...env },
		stdio: ["pipe", "pipe", "inherit"],
	});
	const tell = (...order: unknown[]) => child.stdin.write(`${JSON.stringify(order)}\n`);
	let screen = "";
	let seen = 0;
	const events = new Map<string, (value: never) => void>();
	const watchers = new Set<() => void>();
	const ended = new Promise<{ status?: number; signal?: number }>((resolve) => {
		createInterface(child.stdout).on("line", (line) => {
			const event = JSON.parse(line);
			if (event.status !== undefined || event.signal !== undefined) resolve(event);
			if (event.settings !== undefined) events.get("settings")?.(event.settings as never);
			if (event.output === undefined) return;
			screen += event.output;
			for (const watch of watchers) watch();
		});
	});
	return {
		type: (text) => tell("type", text),
		resize: (rows, columns) => tell("resize", rows, columns),
		hangUp: () => tell("hangup"),
		settings: () =>
			new Promise((resolve) => {
				events.set("settings", resolve);
				tell("settings");
			}),
		shows: (text) =>
			new Promise((resolve) => {
				const watch = () => {
					const place = screen.indexOf(text, seen);
					if (place < 0) return;
					watchers.delete(watch);
					resolve(screen.slice(seen, place));
					seen = place + text.length;
				};
				watchers.add(watch);
				watch();
			}),
		screen: () => screen,
		close: () => child.stdin.end(),
		ended,
	};
}
