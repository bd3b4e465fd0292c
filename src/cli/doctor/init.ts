import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { readStat } from "../../launch/proc.ts";
import { isInContainer } from "./container.ts";
import type { Look } from "./look.ts";
import type { Patient } from "./patient.ts";

/** What waits for orphans and forwards signals as PID 1. */
const INITS =
	/^(?:systemd|init|tini(?:-static)?|dumb-init|docker-init|catatonit|s6-svscan|runit|runsvdir|pause|supervisord|dsta-run)$/;

const CURE =
	'Put dsta-run there: ENTRYPOINT ["dsta-run", "--"] in the exec form, or have an init before it: docker run --init, shareProcessNamespace: true.';

/** Who is PID 1 where this runs: it has to forward signals and to wait for orphans. */
export function lookAtInit({ host: { process } }: Patient): Look {
	return {
		check: "init",
		look() {
			if (!isInContainer())
				return [{ severity: "ok", message: "this is no container: PID 1 is the system's" }];
			if (process.pid === 1) return [{ severity: "ok", message: "dsta-run is PID 1" }];
			const name = nameOfInit();
			if (name === undefined) return [{ severity: "info", message: "who is PID 1 here cannot be seen" }];
			const zombies = countZombies();
			return [
				INITS.test(name)
					? { severity: "ok", message: `PID 1 is ${name}` }
					: {
							severity: "warning",
							message: `PID 1 of this container is ${name}, which may neither forward signals nor wait for orphans`,
							cure: CURE,
						},
				...(zombies === 0
					? []
					: [
							{
								severity: "warning" as const,
								message: `${zombies} processes have ended that PID 1 does not wait for`,
								cure: CURE,
							},
						]),
			];
		},
	};
}

// A script goes by the interpreter before it.
function nameOfInit(): string | undefined {
	try {
		const words = readFileSync("/proc/1/cmdline", "latin1")
			.split("\0")
			.filter(Boolean)
			.map((word) => basename(word));
		return words.slice(0, 3).find((word) => /^dsta-run$/.test(word)) ?? words[0];
	} catch {
		return undefined;
	}
}

/** How many processes are looked at. */
const MAX_PROCESSES = 4096;

function countZombies(): number {
	const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
	return pids.slice(0, MAX_PROCESSES).filter((pid) => {
		const [state, parent] = readStat(pid) ?? [];
		return state === "Z" && parent === "1";
	}).length;
}
