import type { ProgramContext } from "../backends/program-output.ts";
import type { RotateSettings } from "../map/secret-map.ts";
import type { Journal } from "./checklist.ts";
import type { Limits } from "./target.ts";

/** How a rotation is done, and for whom. */
export interface Job extends Limits, Journal {
	readonly settings: RotateSettings;
	/** Gives the new value, in the place of `settings.generate`. */
	readonly giveValue?: (() => Promise<string>) | undefined;
	/**
	 * Makes sure that a value can be used where its path is.
	 * @throws {DstaError} DSTA_INVALID_VALUE it cannot
	 */
	readonly checkValue?: ((value: string) => void) | undefined;
	/** Whether an old value is revoked at once, whatever its grace. */
	readonly revokesNow?: boolean | undefined;
	/** Prepares this process for a hook, and gives what that runs in. */
	readonly prepareHook: () => Omit<ProgramContext, "signal" | "stderr" | "stdout">;
	/** The name of this machine, for those who find its rotation unfinished. */
	readonly host: string;
	/** Takes what is not as it should be and stops nothing, and what to do about it. */
	readonly warn: (message: string, cure: string) => void;
}
