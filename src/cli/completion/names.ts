import { DstaError } from "../../errors.ts";
import { isWildcard, sourcesOf } from "../../map/secret-map.ts";
import { loadMap } from "../session.ts";
import type { KnownNames } from "./complete.ts";

/** The paths and variables of a map. Nobody is asked, and nobody is told where it is missing or wrong. */
export async function loadNames(map: string | undefined, cwd: string): Promise<KnownNames> {
	try {
		const { entries, templates = [] } = await loadMap(map, cwd);
		const paths = entries.map(({ names, path }) => ({ text: path.text, about: names.join(" ") }));
		const variables = [
			...entries
				.filter((entry) => !isWildcard(entry))
				.flatMap(({ names, path }) => names.map((text) => ({ text, about: path.text }))),
			...templates.map((template) => ({
				text: template.name,
				about: sourcesOf([template])
					.map(({ path }) => path.text)
					.join(" "),
			})),
		];
		return { paths, variables };
	} catch (error) {
		if (error instanceof DstaError) return { paths: [], variables: [] };
		throw error;
	}
}
