import type { Lease } from "../backends/backend.ts";
import type { DstaError } from "../errors.ts";
import type { Ending } from "../launch/child.ts";
import type { Condition, Reason, RunState, SecretState } from "../observe/run-state.ts";
import type { Attempt } from "../resolve/chain.ts";
import type { Resolution } from "../resolve/resolve.ts";
import type { Filling } from "../resolve/templates.ts";
import type { HearEvent, RunEvent } from "./events.ts";

/** What is known of a run by its events until now. */
export interface FollowedRun {
	readonly hear: HearEvent;
	readonly stateOf: () => Promise<RunState>;
}

/** What was not taken over is known apart for a map that was read anew: the next round is one of the map before it. */
interface Followed extends Omit<RunState, "leases" | "notTaken"> {
	readonly notTaken: { readonly reload: readonly Reason[]; readonly round: readonly Reason[] };
}

const BEFORE: Followed = {
	secrets: [],
	command: { phase: "waiting" },
	restarts: { change: 0, reload: 0, restored: 0 },
	reactions: {},
	changes: 0,
	watch: { failures: 0, failuresInARow: 0 },
	notTaken: { reload: [], round: [] },
};

/** Follows a run by its events. */
export function followRun(leases: () => Promise<readonly Lease[]>): FollowedRun {
	let state = BEFORE;
	return {
		hear(event) {
			state = { ...state, ...changeBy(event, state, Date.now()) };
		},
		async stateOf() {
			const lent = await leases();
			const now = Date.now();
			const ending = lent.filter(({ leftMs }) => leftMs < Number.POSITIVE_INFINITY);
			const { reload, round } = state.notTaken;
			return {
				...state,
				notTaken: [...reload, ...round],
				leases: ending.map(({ leftMs, path }) => ({ path, endsAt: now + leftMs })),
			};
		},
	};
}

function changeBy(event: RunEvent, state: Followed, now: number): Partial<Followed> {
	const { changes, command, notTaken, reactions, restarts, secrets, watch } = state;
	switch (event.kind) {
		case "resolved":
		case "read":
			return {
				secrets: secretsOf(event.resolutions, secrets, now),
				watch: { ...watch, failuresInARow: 0 },
				notTaken: { reload: event.isReload === true ? [] : notTaken.reload, round: [] },
			};
		case "started": {
			const { reason } = event;
			return {
				command: { phase: "running", startedAt: now },
				...(reason === "start" ? {} : { restarts: { ...restarts, [reason]: restarts[reason] + 1 } }),
			};
		}
		case "stopped":
			return { command: { ...command, phase: "stopped" } };
		case "watched":
			return { watch: { ...watch, failuresInARow: 0, answeredAt: now } };
		case "watch failed":
			return { watch: { ...watch, failures: watch.failures + 1, failuresInARow: watch.failuresInARow + 1 } };
		case "changed":
			return { changes: changes + event.paths.length };
		case "reaction": {
			const { kind } = event.reaction;
			return { reactions: { ...reactions, [kind]: (reactions[kind] ?? 0) + 1 } };
		}
		case "restored":
			return {
				notTaken: {
					...notTaken,
					round: [{ reason: `the command did not come up with what was read anew: ${event.reason}` }],
				},
			};
		case "not taken": {
			if (event.isReload) return { notTaken: { ...notTaken, reload: event.errors.map(toReason) } };
			// That a backend gives no answer is no news of its secrets, and is counted by the polls.
			const errors = event.errors.filter(({ failureClass }) => failureClass !== "unavailable");
			return errors.length === 0 ? {} : { notTaken: { ...notTaken, round: errors.map(toReason) } };
		}
		case "ended":
			return { command: { ...command, phase: "ended", endedAt: now, exitStatus: statusOf(event.ending) } };
	}
}

function toReason({ code, path }: DstaError): Reason {
	return {
		...(path === undefined ? {} : { path }),
		reason: `what was read anew is not taken over [${code}]`,
	};
}

function statusOf(ending: Ending): number {
	return "status" in ending ? ending.status : 128 + ending.signal;
}

/** Every entry that a resolution is about, those of templates included, each once. */
export function entriesOf(resolutions: readonly (Resolution | Filling)[]): readonly Resolution[] {
	return [...new Set(resolutions.flatMap((one) => ("sources" in one ? one.sources : [one])))];
}

// Two lines of a map may ask for the same.
function secretsOf(
	resolutions: readonly (Resolution | Filling)[],
	before: readonly SecretState[],
	now: number,
): readonly SecretState[] {
	const known = new Map(before.map((one) => [keyOf(one), one]));
	const states = entriesOf(resolutions).map((one) => {
		const state = secretOf(one, now);
		// What is kept was read when its backend still had it.
		return isReadAnew(one) ? state : { ...state, readAt: known.get(keyOf(state))?.readAt ?? now };
	});
	return [...new Map(states.map((one) => [keyOf(one), one])).values()];
}

function keyOf({ backend, path, version }: SecretState): string {
	return `${path}\n${backend}\n${version}`;
}

function isReadAnew({ kept, origin }: Resolution): boolean {
	return (
		kept === undefined ||
		kept.attempts.some(({ backend, outcome }) => backend === origin && outcome === "found")
	);
}

function secretOf({ attempts, entry, kept, origin }: Resolution, now: number): SecretState {
	const found = attempts.find(({ outcome }) => outcome === "found");
	const { gone = [] } = kept ?? {};
	const isGone = gone.includes(entry.path.text);
	// Who else could not be asked for what is kept does not matter.
	const failed = isGone ? undefined : attempts.find(({ error }) => error !== undefined);
	return {
		path: entry.path.text,
		backend: origin ?? "none",
		version: found?.version ?? "",
		condition: isGone ? "gone" : conditionOf(attempts),
		...(gone.length === 0 ? {} : { gone }),
		...(failed?.error === undefined ? {} : { failure: { backend: failed.backend, code: failed.error.code } }),
		readAt: now - (found?.snapshot?.ageMs ?? 0),
	};
}

function conditionOf(attempts: readonly Attempt[]): Condition {
	if (attempts.some(({ snapshot }) => snapshot?.ageMs !== undefined)) return "snapshot";
	return attempts.some(({ outcome }) => outcome === "failed") ? "fallback" : "fresh";
}
