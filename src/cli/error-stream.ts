import type { ErrorOutput } from "./output.ts";

/**
 * Puts a stream in the place of process.stderr that writes as our messages are written. Node makes its own as soon as a socket is
 * closed, only to see that it is another one; that takes time, and leaves a pipe non-blocking which the command shares, whose writes
 * then fail whenever the reader is slow.
 */
export function replaceErrorStream(process: NodeJS.Process, output: ErrorOutput): void {
	let stream: NodeJS.WritableStream | undefined;
	Object.defineProperty(process, "stderr", {
		configurable: true,
		get: () => (stream ??= createErrorStream(process, output)),
	});
}

function createErrorStream(process: NodeJS.Process, output: ErrorOutput): NodeJS.WritableStream {
	const { Writable } = process.getBuiltinModule("node:stream");
	return new Writable({
		write(bytes: Buffer, _encoding, written) {
			output.write(bytes);
			written();
		},
	});
}
