const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The longest time that a timer of the runtime can wait: 24.8 days. */
const MAX_MS = 2 ** 31 - 1;

/** The longest that a duration can be where nothing else is said, for messages. */
export const LONGEST = "24d";

/** The longest time between two rotations: ten years. */
export const MAX_EVERY_MS: number = 3650 * 86_400_000;

/**
 * Reads `500ms`, `30s`, `5m`, `2h`, `1d` or plain seconds as milliseconds; `undefined` when it is none of these or longer than
 * `maxMs`: by default what a timer can wait (24 days).
 */
export function parseDuration(text: string | number, maxMs = MAX_MS): number | undefined {
	const match = /^(\d+(?:\.\d+)?)(ms|[smhd])?$/.exec(String(text).trim());
	if (match === null) return undefined;
	const durationMs = Math.round(Number(match[1]) * UNITS_MS[(match[2] ?? "s") as keyof typeof UNITS_MS]);
	return durationMs <= maxMs ? durationMs : undefined;
}
