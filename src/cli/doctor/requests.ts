import type { ReadRequest } from "../../backends/backend.ts";
import type { BackendName } from "../../backends/registry.ts";
import { type Entry, sourcesOf } from "../../map/secret-map.ts";
import { chainOf, requestOf } from "../../resolve/chain.ts";
import type { Options } from "../options.ts";
import type { Session } from "../session.ts";

/** What a run asks for, for templates alone as well. */
export function entriesOf({ map }: Session): readonly Entry[] {
	return [...new Set([...map.entries, ...sourcesOf(map.templates ?? [])])];
}

/** What a run may ask of each backend of its chains; of a map of nothing, those of the chain. */
export function requestsByBackend(
	session: Session,
	{ backend }: Pick<Options, "backend">,
): ReadonlyMap<BackendName, readonly ReadRequest[]> {
	const { chain } = session;
	const asked = entriesOf(session).flatMap((entry) =>
		chainOf(entry, { backend, chain }).map((name) => ({ name, request: requestOf(entry, name) })),
	);
	const names = new Set([
		...(asked.length === 0 ? chainOf({}, { backend, chain }) : []),
		...asked.map(({ name }) => name),
	]);
	return new Map(
		[...names].map((name) => [name, asked.filter((one) => one.name === name).map(({ request }) => request)]),
	);
}
