import type { Terminal } from "./host.ts";

const FIRST_SHOWN_MS = 1000;

/** Shows on a terminal what is going on, once it has lasted for a second; silent elsewhere. */
export function startProgress(terminal: Terminal, what: string): { stop(): void } {
	const start = performance.now();
	let isShown = false;
	const timer = setInterval(() => {
		if (!terminal.isTTY()) return clearInterval(timer);
		const seconds = Math.round((performance.now() - start) / 1000);
		terminal.write(`\r\x1b[Kdsta-run: ${what} … ${seconds}s`);
		isShown = true;
	}, FIRST_SHOWN_MS);
	timer.unref();
	return {
		stop() {
			clearInterval(timer);
			if (isShown) terminal.write("\r\x1b[K");
		},
	};
}
