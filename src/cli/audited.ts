import type { AuditAction, AuditRecord } from "../observe/audit/record.ts";
import type { Resolution } from "../resolve/resolve.ts";
import type { Filling } from "../resolve/templates.ts";

/** Records of what lines of a map have given: one for each path that has a value, with the variables that it went to. */
export function recordsOf(
	action: AuditAction,
	resolutions: readonly (Resolution | Filling)[],
	about: Pick<AuditRecord, "command"> = {},
): readonly AuditRecord[] {
	return resolutions
		.filter(({ values }) => values.size > 0)
		.flatMap((one) => {
			const names = [...one.values.keys()];
			const sources = "sources" in one ? one.sources : [one];
			return sources.map((source) => ({ action, ...originOf(source), names, ...about }));
		});
}

function originOf({ attempts, entry, origin }: Resolution): Partial<AuditRecord> {
	const found = attempts.find(({ outcome }) => outcome === "found");
	return {
		path: entry.path.text,
		backend: origin,
		version: found?.version,
		location: found?.detail,
		snapshot_age_ms: found?.snapshot?.ageMs,
	};
}
