import type { Ending } from "./child.ts";
import type { Command } from "./command.ts";
import type { Audience, Manner } from "./launch.ts";
import type { Own } from "./own.ts";

/** What became of a replacement. */
export type Replacement =
	/** The new command runs, is ready and past its probation. */
	| { readonly kind: "running" }
	/** It was not, for a reason without values, and the one before runs again with its own values. */
	| { readonly kind: "restored"; readonly reason: string }
	/** The run ends meanwhile: by a signal, or by the command's own end. */
	| { readonly kind: "over" };

/** What happens in a run beside its end, for logs, metrics and records. */
export type ServiceEvent =
	| { readonly kind: "started"; readonly pid: number; readonly reason: "start" | "replacement" | "restored" }
	/** A command was stopped by us; `isKilled`: it took longer than it may. */
	| { readonly kind: "stopped"; readonly pid: number; readonly isKilled: boolean }
	/** A new command failed, and the one before runs again. */
	| { readonly kind: "restored"; readonly reason: string };

/** Who hears of a service. */
export interface ServiceAudience extends Audience {
	readonly hear?: (event: ServiceEvent) => void;
}

/** A run whose command can be replaced while this process stays. */
export interface Service {
	/**
	 * The end of the run.
	 * @throws {DstaError} a command that was to be restored could not even be started
	 */
	readonly ended: Promise<Ending>;
	/** Stops the command, starts the next and watches over it; one at a time. */
	replace(next: Command): Promise<Replacement>;
	/** Sends a signal to the command as it is, whatever run.signals says. */
	signal(number: number): void;
	/** Stops the command for good; resolves when the run has ended. */
	stop(): Promise<void>;
}

/**
 * Loads the way in which a command is run that can be replaced.
 */
export function loadService(
	_own: Own,
	_manner: Manner,
	_audience: ServiceAudience,
): Promise<(command: Command) => Promise<Service>> {
	throw new Error("not yet");
}
