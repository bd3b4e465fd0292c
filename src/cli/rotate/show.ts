import type { StepResult } from "../../rotation/checklist.ts";
import type { Rotated } from "../../rotation/work.ts";
import { renderTable } from "../report.ts";

/** The steps as a table. */
export function renderSteps(steps: readonly StepResult[]): string {
	return renderTable(steps.map(({ detail, outcome, step }) => [`  ${step}`, outcome, detail]));
}

export function toJson(rotated: Rotated): string {
	return `${JSON.stringify(jsonOf(rotated), undefined, 2)}\n`;
}

/** What a program gets to know of a rotation. */
export function jsonOf({
	backend,
	id,
	location,
	newVersion,
	oldVersion,
	path,
	revokeAt,
	steps,
}: Rotated): object {
	const versions = { old_version: oldVersion, new_version: newVersion };
	return { path, backend, location, rotation: id, ...versions, revoke_at: revokeAt, steps };
}
