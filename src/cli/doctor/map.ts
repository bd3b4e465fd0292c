import { checkFeasibility } from "../feasibility.ts";
import type { Look } from "./look.ts";
import type { Patient } from "./patient.ts";

/** What there is of a map, and whether this build can do what it asks of a run. */
export function lookAtMap({ hasMap, session }: Patient): Look {
	return {
		check: "map",
		async look() {
			if (!hasMap) return [];
			await checkFeasibility(session);
			const { entries, file, templates = [] } = session.map;
			const count = (number: number, one: string, many: string) =>
				number === 1 ? `1 ${one}` : `${number} ${many}`;
			const words = [
				count(entries.length, "entry", "entries"),
				...(templates.length === 0 ? [] : [count(templates.length, "template", "templates")]),
			];
			return [{ severity: "ok", message: `${file} has ${words.join(" and ")}` }];
		},
	};
}
