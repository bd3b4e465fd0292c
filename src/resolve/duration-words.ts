const UNITS = [
	["d", 86_400_000],
	["h", 3_600_000],
	["min", 60_000],
	["s", 1_000],
] as const;

/** A duration in words: `12 min`, `1.5 h`, `2 d`. */
export function durationWords(ms: number): string {
	const [unit, unitMs] = UNITS.find(([, unitMs]) => ms >= unitMs) ?? UNITS[3];
	const count = ms / unitMs;
	return `${count < 10 && unit !== "s" ? Number(count.toFixed(1)) : Math.floor(count)} ${unit}`;
}
