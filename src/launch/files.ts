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
	/** Whether it is to be in no file system. */
	readonly inMemory?: boolean;
}

/** Files that are made for a command, and whose paths it finds in variables. */
export interface CommandFiles {
	/** The paths, which may be others after `write`. */
	readonly variables: ReadonlyMap<string, string>;
	/**
	 * Writes them, all or none; again for a command that is started again.
	 * @throws {DstaError} DSTA_OUTPUT they cannot be written · DSTA_UNSUPPORTED the system refuses those in memory
	 */
	write(): void;
	/**
	 * Makes the files of a command that runs what is asked: nobody sees one half written, and where one cannot be, none is changed.
	 * Returns those that it could not make so, since a file in memory can be neither changed nor replaced.
	 * @throws {DstaError} DSTA_OUTPUT they cannot be written
	 */
	rewrite(requests: readonly FileRequest[]): readonly FileRequest[];
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
			started = start(withVariables(command, files), descriptors);
		} finally {
			if (started?.pid === undefined) files.remove();
		}
		if (started.pid === undefined) return started;
		files.handOver(started.pid);
		return { ...started, ended: started.ended.finally(() => files.remove()) };
	};
}

// Those in memory have other paths when they were made once more.
function withVariables(command: Command, { variables }: CommandFiles): Command {
	return { ...command, env: { ...command.env, ...Object.fromEntries(variables) } };
}

/** Several kinds of files of one command. */
export function joinFiles(kinds: readonly CommandFiles[]): CommandFiles {
	const withEach = (act: (files: CommandFiles) => void) => {
		for (const files of kinds) act(files);
	};
	return {
		get variables() {
			return new Map(kinds.flatMap(({ variables }) => [...variables]));
		},
		write() {
			try {
				withEach((files) => files.write());
			} catch (error) {
				withEach((files) => files.remove());
				throw error;
			}
		},
		rewrite: (requests) => kinds.flatMap((files) => files.rewrite(requests)),
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
