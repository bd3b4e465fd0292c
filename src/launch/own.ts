import { type CoreDumps, withholdCoreDumps } from "./core-dump.ts";
import { type Inheritance, recordInheritance } from "./native/inheritance.ts";
import { withholdReports } from "./reports.ts";
import { captureSignals, type Signals } from "./signals.ts";

/** What of this process concerns a command that is to run in its place or below it. */
export interface Own {
	readonly process: NodeJS.Process;
	/** Of the standalone executable alone. */
	readonly inheritance: Inheritance | undefined;
	readonly signals: Signals;
	readonly coreDumps: CoreDumps;
}

/** Takes what is not as it should be and stops nothing, and what to do about it. */
export type Warn = (message: string, cure?: string) => void;

/**
 * Takes this process over for a command, its signals first; to be called before anything else of a run.
 * @throws {DstaError} DSTA_UNSUPPORTED the C library lacks a call
 */
export function takeOver(process: NodeJS.Process): Own {
	const inheritance = recordInheritance(process);
	const signals = captureSignals(process, inheritance);
	const coreDumps = withholdCoreDumps();
	withholdReports(process);
	return { process, inheritance, signals, coreDumps };
}
