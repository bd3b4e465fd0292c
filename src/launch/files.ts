import type { Start, Started } from "./child.ts";
import type { Command } from "./command.ts";

/** A file that a command needs. */
export interface FileRequest {
	/** The variables that hold its path. */
	readonly variables: readonly string[];
	/** A name without slashes, which no other file of the command has. */
	readonly name: string;
	readonly content: Buffer;
	readonly mode: number;
}

/** Files that are made for a command, and whose paths it finds in variables. */
export interface CommandFiles {
	readonly variables: ReadonlyMap<string, string>;
	/**
	 * Writes them, all or none.
	 * @throws {DstaError} DSTA_OUTPUT they cannot be written
	 */
	write(): void;
	/** Notes the process that they are for and lets go of what it has inherited: should we be killed, they stay for as long as it runs. */
	handOver(pid: number): void;
	remove(): void;
}

/**
 * Starts commands with their files, which are removed when the command has ended. They are written in the same turn of the event
 * loop in which the command starts: a signal is received before or after it, and never leaves files without a command.
 */
export function withFiles(start: Start): Start {
	return (command, descriptors) => {
		const { files } = command;
		if (files === undefined) return start(command, descriptors);
		files.write();
		let started: Started | undefined;
		try {
			started = start(command, descriptors);
		} finally {
			if (started?.pid === undefined) files.remove();
		}
		if (started.pid === undefined) return started;
		files.handOver(started.pid);
		return { ...started, ended: started.ended.finally(() => files.remove()) };
	};
}

/** Several kinds of files of one command, of which at most the last can fail to be written. */
export function joinFiles(kinds: readonly CommandFiles[]): CommandFiles {
	const withEach = (act: (files: CommandFiles) => void) => {
		for (const files of kinds) act(files);
	};
	return {
		variables: new Map(kinds.flatMap(({ variables }) => [...variables])),
		write: () => withEach((files) => files.write()),
		handOver: (pid) => withEach((files) => files.handOver(pid)),
		remove: () => withEach((files) => files.remove()),
	};
}

/** Becomes a command with its files, which nobody removes when it has ended. */
export function executeWithFiles({ files }: Command, execute: () => never): never {
	files?.write();
	try {
		return execute();
	} catch (error) {
		files?.remove();
		throw error;
	}
}
