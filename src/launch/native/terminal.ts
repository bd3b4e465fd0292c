import { closeSync, constants as fileConstants, openSync } from "node:fs";
import { constants } from "node:os";
import { setMask, setOf } from "./dispositions.ts";
import type { Libc } from "./libc.ts";

/** The terminal of this process, with its settings as they were. */
export interface KeptTerminal {
	/** Gives it these settings again, and puts a group of processes on its foreground. */
	restore(group: number): void;
}

/** More than `struct termios` has. */
const SETTINGS_BYTES = 256;
const TCSADRAIN = 1;

/** Keeps the settings that the terminal has at this moment. */
export function keepTerminal(libc: Libc): KeptTerminal {
	const { tcgetattr, tcsetattr, tcsetpgrp } = libc.open({
		tcgetattr: ["int", "ptr"],
		tcsetattr: ["int", "int", "ptr"],
		tcsetpgrp: ["int", "int"],
	});
	const settings = new Uint8Array(SETTINGS_BYTES);
	const address = libc.addressOf(settings);
	let isKept = false;
	onTerminal((terminal) => {
		isKept = tcgetattr(terminal, address) === 0;
	});
	return {
		restore(group) {
			// What is not on the foreground would be stopped by it.
			const undo = setMask(libc, setOf([constants.signals.SIGTTOU]));
			onTerminal((terminal) => {
				tcsetpgrp(terminal, group);
				if (isKept) tcsetattr(terminal, TCSADRAIN, address);
			});
			undo();
		},
	};
}

function onTerminal(act: (terminal: number) => void): void {
	const terminal = openTerminal();
	if (terminal === undefined) return;
	act(terminal);
	closeSync(terminal);
}

function openTerminal(): number | undefined {
	try {
		return openSync("/dev/tty", fileConstants.O_RDWR | fileConstants.O_NOCTTY);
	} catch {
		// It was hung up, or this system has no such file.
		return undefined;
	}
}
