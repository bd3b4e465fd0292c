import { now } from "../../clock.ts";
import type { VaultLease } from "./lease.ts";

/** What was borrowed for a run. */
export interface Leases {
	/** Those that may still have to be given back. */
	readonly held: readonly VaultLease[];
	/** How many have come to their end so far. */
	readonly endings: number;
	add(lease: VaultLease): void;
	/** Takes note that nothing makes a lease longer, so that what it brought is not handed out any more. */
	end(lease: VaultLease, leftMs: number): void;
	/** Does so for all: the token is over that they were made with. */
	endAll(): void;
	/** Has something done for each lease, those to come included. */
	onEach(action: (lease: VaultLease) => void): void;
}

export function createLeases(): Leases {
	let held: readonly VaultLease[] = [];
	let endings = 0;
	let act: (lease: VaultLease) => void = () => undefined;

	function end(lease: VaultLease, leftMs: number): void {
		if (lease.overAt !== undefined) return;
		lease.overAt = now() + leftMs;
		endings++;
	}

	return {
		get held() {
			return held;
		},
		get endings() {
			return endings;
		},
		add(lease) {
			held = [...held.filter(({ overAt }) => overAt === undefined || overAt > now()), lease];
			act(lease);
		},
		end,
		endAll() {
			for (const lease of held) end(lease, Math.max(0, lease.endsAt - now()));
		},
		onEach(action) {
			act = action;
			held.forEach(action);
		},
	};
}
