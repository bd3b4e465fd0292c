/** What is known of a run to those who watch over it: no value is part of it. Times are in milliseconds since 1970. */
export interface RunState {
	/** The secrets that the command has, each path of a backend and version once. */
	readonly secrets: readonly SecretState[];
	readonly command: CommandState;
	/** How often the command was started again, by the reason. */
	readonly restarts: Readonly<Record<RestartReason, number>>;
	/** How often changes were acted on, by the kind of the reaction. */
	readonly reactions: Readonly<Record<string, number>>;
	/** How many changes of secrets were noticed. */
	readonly changes: number;
	readonly watch: WatchState;
	/** What keeps the command from what was read anew since it has got what it has. */
	readonly notTaken: readonly Reason[];
	/** What the backends have lent for the run. */
	readonly leases: readonly LeaseState[];
}

export interface Reason {
	/** The secret or lease that is meant; none where it is the command itself, or the map. */
	readonly path?: string;
	readonly reason: string;
}

export type RestartReason = "change" | "reload" | "restored";

/**
 * `fresh`: by the chain as it is meant. `snapshot`: an older answer of a backend that could not be asked. `fallback`: what comes
 * after a backend that could not be asked, be it another one, the default or nothing. `gone`: its backend has it no more.
 */
export type Condition = "fresh" | "snapshot" | "fallback" | "gone";

export interface SecretState {
	readonly path: string;
	/** The backend that has given it; `default`, or `none` where it may be absent and nobody has it. */
	readonly backend: string;
	/** Empty where there are none. */
	readonly version: string;
	readonly condition: Condition;
	/** The backend that could not be asked, and the code of its error: why it is not fresh. */
	readonly failure?: { readonly backend: string; readonly code: string };
	/** Paths that its backend has no more, whose values stay: its own, or those of fields of a wildcard. */
	readonly gone?: readonly string[];
	/** When its backend gave it. */
	readonly readAt: number;
}

export interface CommandState {
	/** `waiting`: it was not started yet; `stopped`: it was stopped, for another one or for good. */
	readonly phase: "waiting" | "running" | "stopped" | "ended";
	readonly startedAt?: number;
	readonly endedAt?: number;
	/** The status of the run, as a shell would see it: of a command that a signal has ended 128 and its number. */
	readonly exitStatus?: number;
}

export interface WatchState {
	/** How often a backend gave no answer when it was asked whether something has changed. */
	readonly failures: number;
	/** How often in a row, until now. */
	readonly failuresInARow: number;
	/** When all of them answered for the last time. */
	readonly answeredAt?: number;
}

export interface LeaseState {
	readonly path: string;
	readonly endsAt: number;
}
