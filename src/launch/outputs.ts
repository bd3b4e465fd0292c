import type { Start } from "./child.ts";
import type { Filter } from "./outputs/filter.ts";
import { openPipe, type Pipe } from "./outputs/pipe.ts";
import { type Pump, startPump } from "./outputs/pump.ts";
import { readChunks } from "./outputs/read.ts";
import { checkStreams, isSameStream } from "./outputs/streams.ts";
import type { Own, Warn } from "./own.ts";
import { ENDING } from "./signals.ts";

/** What takes the place of our own standard output and error for commands. */
export interface Outputs {
	/** Makes a start one whose command writes there, and has ended when all that it has written was passed on. */
	takeFrom(start: Start): Start;
}

/**
 * Opens a pipe in front of our own standard output and of our standard error, or one for both where they are the same: in which order
 * commands have written to one and the other is lost with two. Each has a filter of its own.
 *
 * The pipes stay for the whole run: a process that a command has left behind may go on to write while the next command runs. At the
 * end of a command nobody waits for such a process, only for what is in the pipes by then. A reader of ours that has gone is one
 * that has gone for the command as well: it gets SIGPIPE or EPIPE.
 * @throws {DstaError} DSTA_UNSUPPORTED one of the streams is a terminal · there is nothing to make a pipe with
 */
export function openOutputs(own: Own, openFilter: () => Filter, warn: Warn): Outputs {
	checkStreams();
	const destinations = isSameStream(1, 2) ? [1] : [1, 2];
	const pipes = destinations.map(() => openPipe(own));
	const onFailure = (code: string) => warn(`what the command writes cannot be passed on: ${code}`);
	const pumps = pipes.map(({ reading }, index) =>
		startPump(readChunks(reading), { to: destinations[index] as number, filter: openFilter(), onFailure }),
	);
	const [first, second = first] = pipes as [Pipe, Pipe?];
	const outputs = [first.writing, second.writing];
	return {
		takeFrom: (start) => (command, descriptors) => {
			const started = start({ ...command, outputs }, descriptors);
			if (started.pid === undefined) return started;
			let isEnded = false;
			const abandoned = Promise.withResolvers<void>();
			const ended = started.ended.then(async (end) => {
				isEnded = true;
				await Promise.race([drainAll(pumps), abandoned.promise]);
				return end;
			});
			return {
				...started,
				ended,
				kill(signal, value) {
					// Whoever reads what we write may take any time for it.
					if (isEnded && ENDING.has(signal)) abandoned.resolve();
					else if (!isEnded) started.kill(signal, value);
				},
			};
		},
	};
}

async function drainAll(pumps: readonly Pump[]): Promise<void> {
	await Promise.all(pumps.map((pump) => pump.drain()));
}
