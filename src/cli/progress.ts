import type { Terminal } from "./host.ts";

const SECOND_MS = 1000;

/** Shows on a terminal what is going on, once it has lasted for a second; silent elsewhere. */
export function startProgress(terminal: Terminal, what: string | (() => string)): { stop(): void } {
	let seconds = 0;
	let isShown = false;
	const timer = setInterval(() => {
		if (!terminal.isTTY()) return clearInterval(timer);
		seconds++;
		terminal.write(`\r\x1b[Kdsta-run: ${typeof what === "string" ? what : what()} … ${seconds}s`);
		isShown = true;
	}, SECOND_MS);
	timer.unref();
	return {
		stop() {
			clearInterval(timer);
			if (isShown) terminal.write("\r\x1b[K");
		},
	};
}
