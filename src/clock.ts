/**
 * Milliseconds on a clock that nobody sets, for spans of time. Not `performance.now()`, for which Node loads a dozen modules
 * that a start does not need.
 */
export function now(): number {
	return process.uptime() * 1000;
}
