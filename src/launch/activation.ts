import { existsSync, fstatSync } from "node:fs";
import { DstaError } from "../errors.ts";
import type { Command } from "./command.ts";

/** A command and the descriptors from 3 on that it is to inherit. */
export interface Activation {
	readonly command: Command;
	readonly descriptors: readonly number[];
}

const FIRST_DESCRIPTOR = 3;
const ENV = "/usr/bin/env";

/** What a shell adds to an environment that lacks it. */
const ADDED_BY_SHELLS = ["PWD", "OLDPWD", "SHLVL", "_"];

/**
 * Hands the sockets that a service manager gave to this process (LISTEN_FDS, with LISTEN_PID our own) over to a command.
 * LISTEN_PID has to be the command's pid, which nobody knows before the fork: a shell sets it and becomes the command.
 * https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
 * @throws {DstaError} DSTA_UNSUPPORTED this system has no shell that leaves the environment as it is
 */
export function handOverSockets(command: Command, pid: number): Activation {
	// The inode of our own pidfd says the same as LISTEN_PID, and a shell cannot tell its own.
	const { LISTEN_PIDFDID: _, ...env } = command.env;
	const descriptors = activatedDescriptors(env, pid);
	if (descriptors.length === 0) return { command, descriptors };
	const shell = shellFor(command);
	const unset = ADDED_BY_SHELLS.filter((name) => env[name] === undefined).flatMap((name) => ["-u", name]);
	const script = `LISTEN_PID=$$ exec ${ENV} "$@"`;
	return {
		command: {
			...command,
			env,
			file: shell.file,
			args: [...shell.options, "-c", script, "sh", ...unset, command.file, ...command.args],
		},
		descriptors,
	};
}

/**
 * Hands the watchdog of a service manager that is meant for this process (WATCHDOG_PID is our own) over to a command: without
 * that variable it is for whoever asks. https://www.freedesktop.org/software/systemd/man/latest/sd_watchdog_enabled.html
 */
export function handOverWatchdog(command: Command, pid: number): Command {
	const { WATCHDOG_PID: ours, ...env } = command.env;
	return ours === String(pid) ? { ...command, env } : command;
}

/** The descriptors that a service manager gave to the process with a pid; none where the variables are about another one. */
export function activatedDescriptors(env: Command["env"], pid: number): readonly number[] {
	return env.LISTEN_PID === String(pid) ? openDescriptors(Number(env.LISTEN_FDS)) : [];
}

// None at all if one is missing: then the variables are not about our descriptors.
function openDescriptors(count: number): readonly number[] {
	if (!Number.isSafeInteger(count)) return [];
	const descriptors: number[] = [];
	for (let fd = FIRST_DESCRIPTOR; fd < FIRST_DESCRIPTOR + count; fd++) {
		if (!isOpen(fd)) return [];
		descriptors.push(fd);
	}
	return descriptors;
}

/** Whether this process has a descriptor of this number. */
export function isOpen(fd: number): boolean {
	try {
		fstatSync(fd);
		return true;
	} catch {
		return false;
	}
}

interface Shell {
	readonly file: string;
	readonly options: readonly string[];
}

const SH: Shell = { file: "/bin/sh", options: [] };

// Without the files and functions that it would read at its start, as it does where its standard input is a socket.
const BASH: Shell = { file: "/bin/bash", options: ["--norc", "--posix", "-p"] };

// dash drops variables whose names are no identifiers; bash passes them on.
function shellFor({ env, file }: Command): Shell {
	const odd = Object.keys(env).filter((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
	const shell = odd.length === 0 ? SH : BASH;
	if (!existsSync(shell.file) || !existsSync(ENV))
		throw new DstaError(
			"DSTA_UNSUPPORTED",
			`The sockets of LISTEN_FDS cannot be handed over to the command: that takes ${shell.file} and ${ENV}`,
			{
				cure:
					odd.length === 0
						? "Install them, or unset LISTEN_FDS."
						: `Install bash, or keep away what sh would drop: --strip '${odd.join("' --strip '")}'.`,
			},
		);
	if (file.includes("="))
		throw new DstaError(
			"DSTA_UNSUPPORTED",
			`The sockets of LISTEN_FDS cannot be handed over to ${file}: its name holds a =`,
			{ cure: "Call the command by a name without one, for example through a symbolic link." },
		);
	return shell;
}
