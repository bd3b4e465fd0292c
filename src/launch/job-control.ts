import { constants } from "node:os";
import type { Start, Started } from "./child.ts";
import { readStat } from "./proc.ts";
import { isOnForeground, type Signals } from "./signals.ts";

/** What job control needs. */
export interface JobControl {
	readonly process: Pick<NodeJS.Process, "on" | "off" | "kill" | "pid">;
	readonly signals: Pick<Signals, "settle">;
}

/*
 * A shell takes the terminal back when its job stops. To it we are the job: so we stop when the command has stopped, by the same
 * signal, and not before. At Ctrl-Z the command may first have to restore the terminal, it may ignore the key, and it may stop by itself.
 * TTIN and TTOU, for a read or a write on the background, stop us without our doing: the kernel sends them to the whole group.
 */
const FROM_KERNEL: readonly number[] = [constants.signals.SIGTTIN, constants.signals.SIGTTOU];

/** Makes a way to start a command into one for a terminal: this process stops and continues with the command. */
export function withJobControl(start: Start, { process, signals }: JobControl): Start {
	return (command, descriptors) => {
		let started: Started | undefined;
		let isStarting = true;
		let isEnded = false;
		let settling = 0;
		// On the foreground the command has it from the terminal, unless it came before there was a command.
		const onStopRequest = () => {
			// A Ctrl-Z from before a stop, which is received only behind it, is over.
			if (settling > 0) return;
			if (isStarting || !isOnForeground()) started?.kill(constants.signals.SIGTSTP);
		};
		const onChildChange = async () => {
			const signal = stopSignalOf(started?.pid);
			if (signal === undefined || FROM_KERNEL.includes(signal)) return;
			process.off("SIGTSTP", onStopRequest);
			process.kill(process.pid, signal);
			if (isEnded) return;
			// Continued; the command as well, unless the signal was sent to us alone. From now on a Ctrl-Z is no longer to stop us at once.
			process.on("SIGTSTP", onStopRequest);
			settling++;
			await signals.settle();
			settling--;
		};
		const onContinue = () => {
			if (stopSignalOf(started?.pid) !== undefined) started?.kill(constants.signals.SIGCONT);
		};
		process.on("SIGTSTP", onStopRequest);
		process.on("SIGCHLD", onChildChange);
		process.on("SIGCONT", onContinue);
		started = start(command, descriptors);
		void signals.settle().then(() => {
			isStarting = false;
		});
		const ended = started.ended.finally(() => {
			isEnded = true;
			process.off("SIGTSTP", onStopRequest);
			process.off("SIGCHLD", onChildChange);
			process.off("SIGCONT", onContinue);
		});
		return { ...started, ended };
	};
}

// The last field is the signal by which a process is stopped: 0 on older kernels, and for a command of another user.
function stopSignalOf(pid: number | undefined): number | undefined {
	const fields = readStat(pid);
	return fields?.[0] === "T" ? Number(fields[49]) || constants.signals.SIGTSTP : undefined;
}
