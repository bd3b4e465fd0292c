import { readdirSync, readlinkSync } from "node:fs";
import type { Libc } from "./libc.ts";

const F_GETFD = 1;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const FIRST = 3;
const OWN = "/proc/self/fd";

/** What Bun has opened for itself before it runs us: the queue of its events, and what wakes it. */
const OF_BUN = new Set(["anon_inode:[eventpoll]", "anon_inode:[eventfd]"]);

let found: readonly number[] | undefined;

/**
 * The descriptors from 3 on that we were started with; to be called for the first time before anything is opened. Bun marks all of them to be
 * closed on exec, so that the flag does not tell them from its own.
 */
export function findInheritedDescriptors(): readonly number[] {
	found ??= listLasting();
	return found;
}

// Threads of Bun open something for a moment now and then: what is there twice is there to stay.
function listLasting(): readonly number[] {
	const sooner = new Set(listDescriptors());
	return listDescriptors().filter((descriptor) => sooner.has(descriptor));
}

function listDescriptors(): readonly number[] {
	const descriptors: number[] = [];
	for (const name of readdirSync(OWN)) {
		const target = Number(name) < FIRST ? undefined : targetOf(name);
		if (target !== undefined && !OF_BUN.has(target)) descriptors.push(Number(name));
	}
	return descriptors;
}

/** Lets what we execute or start have descriptors as well; those that were closed meanwhile are left out. */
export function passOn({ calls }: Libc, descriptors: readonly number[]): void {
	for (const descriptor of descriptors) {
		const flags = calls.fcntl(descriptor, F_GETFD, 0);
		if (flags >= 0 && (flags & FD_CLOEXEC) !== 0) calls.fcntl(descriptor, F_SETFD, flags & ~FD_CLOEXEC);
	}
}

function targetOf(descriptor: string): string | undefined {
	try {
		return readlinkSync(`${OWN}/${descriptor}`);
	} catch {
		// The one by which the folder itself was read.
		return undefined;
	}
}
