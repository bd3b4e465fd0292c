import type { DstaError } from "../errors.ts";
import type { Ending } from "../launch/child.ts";
import type { ChangeReaction } from "../map/secret-map.ts";
import type { Resolution } from "../resolve/resolve.ts";
import type { Filling } from "../resolve/templates.ts";

/** Why a command was started. */
export type StartReason = "start" | "change" | "reload" | "restored";

/** What happens in a run, for those who write it down; they may say no value of it. */
export type RunEvent =
	/** The first resolution, and each later one that was taken over; `isReload`: with the map as it was read anew. */
	| {
			readonly kind: "resolved";
			readonly resolutions: readonly (Resolution | Filling)[];
			readonly isReload?: boolean;
	  }
	/** A resolution that gives the command nothing: it failed before the start, or has the values that the command has. */
	| {
			readonly kind: "read";
			readonly resolutions: readonly (Resolution | Filling)[];
			readonly isReload?: boolean;
	  }
	| { readonly kind: "started"; readonly pid: number; readonly reason: StartReason }
	/** The command was stopped, for another one or for good. */
	| { readonly kind: "stopped" }
	/** It was looked whether secrets have changed, and every backend answered. */
	| { readonly kind: "watched" }
	/** Variables have other values than the command was given; `secrets` says more of the paths. */
	| {
			readonly kind: "changed";
			readonly paths: readonly string[];
			readonly secrets: readonly ChangedSecret[];
			readonly names: readonly string[];
	  }
	/** What is done about it; there may be several. */
	| { readonly kind: "reaction"; readonly reaction: ChangeReaction; readonly paths: readonly string[] }
	/** The command did not come up with its new values, and the one before runs again with its own. */
	| { readonly kind: "restored"; readonly reason: string }
	/** What was resolved or read anew is not complete or not valid, so that the command goes on with what it has. */
	| {
			readonly kind: "not taken";
			readonly isReload: boolean;
			readonly resolutions: readonly (Resolution | Filling)[];
			readonly errors: readonly DstaError[];
	  }
	/** It was looked whether secrets have changed, and backends gave no answer. */
	| { readonly kind: "watch failed"; readonly errors: readonly DstaError[] }
	/** The run is over: as its command ended, or with a status of its own where that was not started. */
	| { readonly kind: "ended"; readonly ending: Ending };

export type HearEvent = (event: RunEvent) => void;

/** A secret that has another value, and who had it before and has it now. */
export interface ChangedSecret {
	readonly path: string;
	readonly from: Source | undefined;
	readonly to: Source | undefined;
}

/** Who had a secret, in which version. */
export interface Source {
	readonly backend: string;
	readonly version: string | undefined;
}
