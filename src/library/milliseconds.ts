import { DstaError } from "../errors.ts";

/**
 * Makes sure that an option, where it is given, is a number of milliseconds.
 * @throws {DstaError} DSTA_USAGE it is none
 */
export function checkMs(name: string, value: number | undefined): void {
	if (value === undefined || (typeof value === "number" && value >= 0 && value < 2 ** 31)) return;
	throw new DstaError("DSTA_USAGE", `${name} is no number of milliseconds`, {
		cure: `Give one from 0 to ${2 ** 31 - 1}.`,
	});
}
