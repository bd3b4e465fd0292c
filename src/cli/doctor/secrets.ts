import { isRaw } from "../../map/secret-map.ts";
import { concludeResolutions } from "../report.ts";
import type { Look } from "./look.ts";
import type { Patient } from "./patient.ts";
import { entriesOf } from "./requests.ts";

/**
 * Reads every secret as a run would, and lets go of it: what fails is told to the patient's log. Other engines than KV, which would
 * make credentials, are left alone.
 */
export function lookAtSecrets({ host, session }: Patient): Look {
	return {
		check: "secrets",
		async look() {
			const all = entriesOf(session);
			const entries = all.filter((entry) => !isRaw(entry));
			const left = all.length - entries.length;
			const resolutions = entries.length === 0 ? [] : await session.resolve(entries);
			const { status } = concludeResolutions(host.log, resolutions, host.env);
			const note =
				left === 0 ? "" : `; ${left} of other engines than KV were not tried, which would make credentials`;
			if (status !== 0) return left === 0 ? [] : [{ severity: "info", message: note.slice(2) }];
			const defaults = resolutions.filter(({ origin }) => origin === "default").length;
			const words = defaults === 0 ? "" : `, ${defaults} by its default`;
			return [
				{
					severity: left === 0 ? "ok" : "info",
					message: `${entries.length} of the map's secrets are there${words}${note}`,
				},
			];
		},
	};
}
