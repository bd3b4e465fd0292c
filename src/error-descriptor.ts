import { closeSync, constants, fstatSync, openSync } from "node:fs";

/**
 * Hands a function a descriptor of standard error for a program that is started meanwhile. Whoever starts one makes its streams
 * blocking, and with them all that share their flags: so this one is opened anew, where that can be done, and the command keeps its own.
 */
export function withErrorDescriptor<Result>(start: (descriptor: number) => Result): Result {
	const own = openAnew();
	try {
		return start(own ?? 2);
	} finally {
		if (own !== undefined) closeSync(own);
	}
}

function openAnew(): number | undefined {
	try {
		const kind = fstatSync(2);
		// A file would be written from its beginning, and a socket cannot be opened.
		if (!kind.isFIFO() && !kind.isCharacterDevice()) return undefined;
		// A pipe that nobody reads would be waited for.
		return openSync("/proc/self/fd/2", constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
	} catch {
		return undefined;
	}
}
