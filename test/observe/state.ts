import type { RunState, SecretState } from "../../src/observe/run-state.ts";

/** A secret that Vault has given. */
export const secret = (path: string, more: Partial<SecretState> = {}): SecretState => ({
	path,
	backend: "vault",
	version: "3",
	condition: "fresh",
	readAt: 1_700_000_000_000,
	...more,
});

/** The state of a run that is ready, but for what is given. */
export const runState = (more: Partial<RunState> = {}): RunState => ({
	secrets: [secret("a/b/c")],
	command: { phase: "running", startedAt: 1_700_000_001_000 },
	restarts: { change: 0, reload: 0, restored: 0 },
	reactions: {},
	changes: 0,
	watch: { failures: 0, failuresInARow: 0 },
	notTaken: [],
	leases: [],
	...more,
});
