import { renderTable, showName } from "../report.ts";
import type { Outcome } from "./carry-out.ts";
import type { Plan, Step } from "./plan.ts";

/** What is shown of a variable: never its value. */
export interface Row {
	readonly name: string;
	readonly path?: string;
	readonly location?: string;
	readonly action: Step["action"] | "left";
	readonly reason?: string;
	/** Once it was tried. */
	readonly result?: "verified" | "failed";
}

export function toRows({ left, steps }: Plan, outcome?: Outcome): readonly Row[] {
	return [
		...steps.map((step): Row => {
			const { action, location, name, place } = step;
			const row = { name, path: place.path.text, location, action };
			if (outcome === undefined || action === "differs") return row;
			return { ...row, result: outcome.verified.has(step) ? "verified" : "failed" };
		}),
		...left.map(({ name, reason }): Row => ({ name, action: "left", reason })),
	];
}

/** A table of what is to be done, or of what was; below it the variables that stay, with the reason of each. */
export function renderRows(rows: readonly Row[], hasResult: boolean): string {
	const moving = rows.filter(({ action }) => action !== "left");
	const left = rows.filter(({ action }) => action === "left");
	const head = ["VARIABLE", "PATH", "AT", "ACTION", ...(hasResult ? ["RESULT"] : [])];
	const table = moving.map(({ action, location = "", name, path = "", result = "-" }) => [
		showName(name),
		showName(path),
		showName(location),
		WORDS[action] ?? action,
		...(hasResult ? [result] : []),
	]);
	return [
		moving.length === 0 ? "" : renderTable([head, ...table]),
		left.length === 0 ? "" : `${moving.length === 0 ? "" : "\n"}left where they are:\n`,
		...left.map(({ name, reason }) => `  ${showName(name)} ${reason}\n`),
	].join("");
}

const WORDS: Readonly<Record<string, string>> = { same: "same already", differs: "differs: needs --force" };
