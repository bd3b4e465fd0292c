import { spawn } from "node:child_process";
import { join } from "node:path";
import { type Ended, follow } from "../process/launch.ts";
import type { Network } from "./network.ts";
import { PREPARED } from "./prepared.ts";

/** Asks for an address in a network until somebody answers with success. */
export function askUntilAnswered(network: Network, address: string): Promise<Ended> {
	const busybox = join(PREPARED, "bin/busybox");
	const script = `until ${busybox} wget -q -O - "$0"; do ${busybox} usleep 100000; done`;
	const [file, ...words] = network.enter;
	return follow(spawn(file, [...words, "sh", "-c", script, address])).ended;
}
