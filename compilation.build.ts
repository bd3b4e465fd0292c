/**
 * How often JavaScriptCore interprets a function before it compiles it, and then before it compiles it better: the defaults of its
 * options thresholdForJITAfterWarmUp, thresholdForJITSoon, thresholdForOptimizeAfterWarmUp and …AfterLongWarmUp, which the compiler of
 * the runtime put side by side. A call counts 15, a turn of a loop 1.
 */
const THRESHOLDS = Buffer.from(Int32Array.of(500, 100, 1000, 1000).buffer);
/** Nothing of a start, however large the map, and all that a filter of output goes through. */
const PATIENT = Buffer.from(Int32Array.of(20_000, 100, 1000, 1000).buffer);

/**
 * Makes the runtime in an executable compile later: what it compiles in the milliseconds of a start is never worth it, and takes a third
 * of them. There is an option, but only by a variable of the environment.
 */
export function delayCompilation(bytes: Buffer): void {
	const place = bytes.indexOf(THRESHOLDS);
	if (place < 0 || bytes.indexOf(THRESHOLDS, place + 1) >= 0)
		throw new Error("The runtime keeps its thresholds of compilation in a form that is not known");
	PATIENT.copy(bytes, place);
}
