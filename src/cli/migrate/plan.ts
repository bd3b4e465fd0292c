import type { Found, ReadRequest, WritableBackend } from "../../backends/backend.ts";
import { isAsWritten } from "../../backends/overwrite.ts";
import { DstaError } from "../../errors.ts";
import { parseSecretPath } from "../../secret-path.ts";
import type { Assigned, Place, Variable } from "./assigned.ts";

/** What a place needs so that it holds the value of its variable. */
export type Action =
	/** Its secret does not exist. */
	| "create"
	| "add field"
	/** It holds another value, which may be overwritten. */
	| "overwrite"
	/** It holds another value, which may not. */
	| "differs"
	| "same";

/** A variable with a place, and what is to be done there. */
export interface Step extends Variable {
	readonly place: Place;
	/** Where that is, in the backend's words. */
	readonly location: string;
	readonly action: Action;
}

export interface Plan {
	readonly steps: readonly Step[];
	/** The variables that stay where they are, and why. */
	readonly left: readonly (Variable & { readonly reason: string })[];
	/** Why the plan is not whole, each once. */
	readonly errors: readonly DstaError[];
}

export interface PlanOptions {
	readonly force: boolean;
	readonly signal: AbortSignal;
}

/** Looks at each place by the path that a run will read it by, and writes nothing. */
export async function makePlan(
	assigned: readonly Assigned[],
	backend: WritableBackend,
	{ force, signal }: PlanOptions,
): Promise<Plan> {
	const errors = new Map<string, DstaError>();
	async function read(request: ReadRequest) {
		try {
			return await backend.read(request, signal);
		} catch (error) {
			if (!(error instanceof DstaError)) throw error;
			errors.set(`${error.code} ${error.message}`, error);
			return undefined;
		}
	}
	// All in one turn, so that the reads of one secret are one request.
	const steps = assigned.flatMap(({ name, place, value }) => {
		if (place === undefined) return [];
		const request = requestFor(place);
		const whole = parseSecretPath(`${place.secret}/*`);
		const found = read(request);
		const secret = read({ path: whole, names: [] });
		const locations = backend.locations(request);
		return (async (): Promise<Step> => {
			const current = await found;
			const isMissing = (await secret) === undefined;
			const isSame = current !== undefined && isAsWritten(current.value, value);
			const over = force ? "overwrite" : "differs";
			const anew = isMissing ? "create" : "add field";
			const action = isSame ? "same" : current === undefined ? anew : over;
			return { name, value, place, location: locationOf(current, locations), action };
		})();
	});
	return {
		steps: await Promise.all(steps),
		left: assigned.flatMap(({ name, reason, value }) =>
			reason === undefined ? [] : { name, value, reason },
		),
		errors: [...errors.values()],
	};
}

// Vault's location of what it found does not name the field.
function locationOf(current: Found | undefined, locations: readonly string[]): string {
	const known =
		current === undefined ? locations[0] : locations.find((one) => one.startsWith(current.location));
	return known ?? current?.location ?? "";
}

/** The question of a run for a place. */
export function requestFor({ path }: Place): ReadRequest {
	return { path, names: [] };
}
