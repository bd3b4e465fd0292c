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
	const made = requests.map((request) => ({ ...request, descriptor: createMemoryFile(libc, request) }));
	return {
		variables: new Map(
			made.flatMap(({ descriptor, variables }) =>
				variables.map((name) => [name, `/proc/self/fd/${descriptor}`]),
			),
		),
		write: () => undefined,
		handOver() {
			for (const { descriptor } of made) closeSync(descriptor);
		},
		// They are gone with the last process that has them.
		remove: () => undefined,
	};
}
