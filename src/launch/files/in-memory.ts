import { closeSync } from "node:fs";
import type { CommandFiles, FileRequest } from "../files.ts";
import type { Libc } from "../native/libc.ts";
import { createMemoryFile } from "../native/memory-file.ts";

/**
 * Makes files that are in no file system, as descriptors that the command inherits. Each opening of their paths reads from the
 * beginning, in the command and in whatever inherits the descriptors from it.
 * @throws {DstaError} DSTA_UNSUPPORTED the system refuses them
 */
export function prepareInMemory(requests: readonly FileRequest[], libc: Libc): CommandFiles {
	let descriptors: readonly number[] = [];
	const make = () => {
		const made: number[] = [];
		descriptors = made;
		for (const request of requests) made.push(createMemoryFile(libc, request));
	};
	const close = () => {
		for (const descriptor of descriptors) closeSync(descriptor);
		descriptors = [];
	};
	const pathsOf = () =>
		new Map(
			requests.flatMap((request, index) =>
				request.variables.map((name) => [name, `/proc/self/fd/${descriptors[index]}`] as const),
			),
		);
	make();
	let variables = pathsOf();
	return {
		get variables() {
			return variables;
		},
		write() {
			if (descriptors.length > 0 || requests.length === 0) return;
			make();
			variables = pathsOf();
		},
		rewrite: (asked) => asked.filter((request) => request.inMemory && !isAmong(requests, request)),
		// They are gone with the last process that has them.
		handOver: close,
		remove: close,
	};
}

function isAmong(requests: readonly FileRequest[], { content, name }: FileRequest): boolean {
	return requests.some((request) => request.name === name && request.content.equals(content));
}
