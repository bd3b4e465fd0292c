import type { Listen } from "../signals.ts";
import { findInheritedDescriptors } from "./descriptors.ts";
import { type Dispositions, readDispositions, takeSignals } from "./dispositions.ts";
import { type Libc, loadLibc, type NativeProcess } from "./libc.ts";
import { receiveByLibc } from "./signals.ts";

/** What this process was started with and a command is to have as well, with the means to give it that. */
export interface Inheritance {
	readonly libc: Libc;
	readonly descriptors: readonly number[];
	readonly dispositions: Dispositions;
	readonly listen: Listen;
}

/**
 * Records what this process was started with, and takes its signals; to be called before anything is opened or listened to.
 * `undefined` in the npm package: Node has lost it by then.
 * @throws {DstaError} DSTA_UNSUPPORTED the C library lacks a call
 */
export function recordInheritance(process: NativeProcess): Inheritance | undefined {
	const libc = loadLibc(process);
	if (libc === undefined) return undefined;
	const descriptors = findInheritedDescriptors();
	const dispositions = readDispositions();
	takeSignals(libc);
	return {
		libc,
		descriptors,
		dispositions,
		listen: (numbers, receive) => receiveByLibc({ libc, process }, numbers, receive),
	};
}
