import type { CommandState, LeaseState, Reason, RunState, SecretState } from "./run-state.ts";

/** Whether a command runs on a complete, fresh set of secrets, and what is in the way of that. */
export interface Readiness {
	readonly isReady: boolean;
	/** Whether it runs at all. */
	readonly isRunning: boolean;
	readonly reasons: readonly Reason[];
	/** Why its backends have other secrets than it. It is ready all the same: started anew it would fail. */
	readonly outdated: readonly Reason[];
}

/** So often in a row nobody may learn whether secrets have changed; then they no longer count as fresh. */
const MAX_FAILURES = 3;

/** Says of a run at a time whether it is ready. */
export function readinessOf({ command, leases, notTaken, secrets, watch }: RunState, now: number): Readiness {
	const isRunning = command.phase === "running";
	const reasons = [
		...(isRunning ? [] : [{ reason: PHASES[command.phase] }]),
		...secrets.flatMap(staleness),
		...leases.filter(({ endsAt }) => endsAt <= now).map(over),
		...(watch.failuresInARow < MAX_FAILURES
			? []
			: [
					{
						reason: `whether secrets have changed could not be found out ${watch.failuresInARow} times in a row`,
					},
				]),
	];
	const outdated = [...notTaken, ...secrets.flatMap(lost)];
	return { isReady: reasons.length === 0, isRunning, reasons, outdated };
}

const PHASES: Readonly<Record<CommandState["phase"], string>> = {
	waiting: "the command has not started yet",
	running: "",
	stopped: "the command is stopped",
	ended: "the command has ended",
};

function staleness({ backend, condition, failure, path }: SecretState): Reason[] {
	if (condition === "fresh" || failure === undefined) return [];
	const standIn =
		condition === "snapshot"
			? "the snapshot stands in for it"
			: backend === "none"
				? "nobody else has it"
				: backend === "default"
					? "the default stands in for it"
					: `${backend} has given it`;
	return [{ path, reason: `${failure.backend} could not be asked, ${standIn} [${failure.code}]` }];
}

function lost({ backend, gone = [] }: SecretState): readonly Reason[] {
	return gone.map((path) => ({ path, reason: `${backend} has it no more, and its value stays` }));
}

function over({ path }: LeaseState): Reason {
	return { path, reason: "its lease has ended" };
}
