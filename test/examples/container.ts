import { spawn } from "node:child_process";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { childrenOf, type Ended, follow } from "../process/launch.ts";
import type { Image } from "./image.ts";
import type { Network } from "./network.ts";

/** What the npm package says as PID 1 where an image holds Node and nothing else: nothing there can reap orphans for it. */
export const WITHOUT_REAPER = /^dsta-run: warn: as PID 1 dsta-run does not reap orphans.*\n {2}fix: .*\n$/;

export interface ContainerOptions {
	/** In place of the image's ENTRYPOINT and CMD; without CMD where the former is given, as in Docker. */
	readonly entrypoint?: readonly string[];
	readonly args?: readonly string[];
	readonly env?: Readonly<Record<string, string>>;
	readonly uid?: number;
	/** Places in the container, and what of this machine is there. */
	readonly mounts?: Readonly<Record<string, string>>;
	/** Another process is PID 1, as with `docker run --init`. */
	readonly init?: boolean;
	readonly withoutProc?: boolean;
}

export interface Container {
	readonly ended: Promise<Ended>;
	/** Resolves when the command has written a text to standard output. */
	said(text: string): Promise<void>;
	/** Sends a signal to PID 1. */
	kill(signal: NodeJS.Signals): void;
}

// The user is none with capabilities, in a user namespace of its own.
const ENTER = `set -e
root=$1 uid=$2 workdir=$3 mounts=$4 proc=$5 init=$6; shift 6
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
if [ "$proc" = true ]; then mount -t proc proc "$root/proc"; fi
echo "$mounts" | while read -r from to; do if [ "$from" ]; then mount --bind "$from" "$root$to"; fi; done
set -- unshare --user --map-user="$uid" --map-group="$uid" --root="$root" --wd="$workdir" -- "$@"
if [ "$init" = true ]; then "$@"; else exec "$@"; fi`;

/** Starts an image as an engine does with `--read-only --cap-drop ALL`: in namespaces of its own, as PID 1. */
export function startContainer(network: Network, image: Image, options: ContainerOptions = {}): Container {
	const { entrypoint = image.entrypoint, init = false, mounts = {}, uid = image.uid, withoutProc } = options;
	const { args = options.entrypoint === undefined ? image.cmd : [] } = options;
	mkdirSync(join(image.root, "proc"), { recursive: true });
	for (const [to, from] of Object.entries(mounts)) makePlace(join(image.root, to), from);
	const lines = Object.entries(mounts).map(([to, from]) => `${from} ${to}`);
	const settings = [image.root, uid, image.workdir, lines.join("\n"), !withoutProc, init].map(String);
	const namespaces = ["unshare", "-mpf", "--kill-child", "sh", "-c", ENTER, "sh", ...settings];
	const [file, ...words] = network.enter;
	const child = spawn(file, [...words, ...namespaces, ...entrypoint, ...args], {
		detached: true,
		env: { ...image.env, ...options.env },
	});
	return { ...follow(child), kill: (signal) => process.kill(childrenOf(child.pid)[0] as number, signal) };
}

/** What a file or a folder is to be mounted on. */
function makePlace(place: string, source: string): void {
	if (statSync(source).isDirectory()) mkdirSync(place, { recursive: true });
	else {
		mkdirSync(dirname(place), { recursive: true });
		writeFileSync(place, "");
	}
}
