import { hostname } from "node:os";
import { DstaError } from "../errors.ts";
import { DEFAULT_TIMEOUT_MS } from "../resolve/chain.ts";
import type { Job } from "../rotation/job.ts";
import { findTarget, type Limits, type Target } from "../rotation/target.ts";
import type { Rotated } from "../rotation/work.ts";
import { parseSecretPath } from "../secret-path.ts";
import { backendsOf, type CallOptions, type SecretManager } from "./manager.ts";
import { checkMs } from "./milliseconds.ts";

/** A rotation that was made, or taken back. */
export interface Rotation {
	/** The path, as it was given. */
	readonly path: string;
	/** The backend that has the new value. */
	readonly backend: string;
	/** Where it lies, in the backend's own words. */
	readonly location: string;
	/** The version that was made, where the backend counts them. */
	readonly version: string | undefined;
	/** The version that has the value of before, or had it first. */
	readonly previousVersion: string | undefined;
}

/** How often a secret is to be rotated. */
export interface RotationInterval {
	/** A whole number from 1 to 3650. */
	readonly days: number;
}

/** Changes secrets at the backend of a manager's chain that has them; where none has, at the first that can be written. */
export class SecretRotationManager {
	readonly #manager: SecretManager;

	/** Makes one that works through this manager, and asks nobody. */
	constructor(manager: SecretManager) {
		this.#manager = manager;
	}

	/**
	 * Gives one field of a secret a new value, and reads it back. It is written only over the value that the field had at the
	 * beginning of this call: of two rotations at once one is made. The other fields stay, and where the backend keeps versions
	 * the old one stays readable under its number.
	 * @throws {DstaError} DSTA_USAGE the path names no field, or the value is no text · DSTA_UNSUPPORTED the backend cannot be
	 * written · DSTA_CONFLICT somebody else changes it at the same time, or its last rotation is unfinished · DSTA_INVALID_VALUE it
	 * is the old value · as `SecretManager.getSecret`
	 */
	async rotateSecret(path: string, newValue: string, options: CallOptions = {}): Promise<Rotation> {
		if (typeof newValue !== "string" || newValue === "")
			throw usage(`The new value of ${path} is no text`, "Give the value that it shall have from now on.");
		const { rotate } = await import("../rotation/rotate.ts");
		const giveValue = async () => newValue;
		return this.#change(path, options, (target, job) => rotate(target, { ...job, giveValue }));
	}

	/**
	 * Puts back the value that a field had before its last rotation, as a new version, if nobody has changed it meanwhile.
	 * @throws {DstaError} DSTA_NOT_FOUND no rotation of it is known, or the old version is gone · as `rotateSecret`
	 */
	async rollbackSecret(path: string, options: CallOptions = {}): Promise<Rotation> {
		const { rollBack } = await import("../rotation/rollback.ts");
		return this.#change(path, options, rollBack);
	}

	/**
	 * Says how often a secret is to be rotated, beside the secret itself: `dsta-run rotate --due` does it then.
	 * @throws {DstaError} DSTA_USAGE the path names no field, or the interval is none · DSTA_UNSUPPORTED nothing can be kept beside
	 * it · DSTA_NOT_FOUND there is no such secret · as `SecretManager.getSecret`
	 */
	async scheduleRotation(path: string, { days }: RotationInterval, options: CallOptions = {}): Promise<void> {
		if (!Number.isSafeInteger(days) || days < 1 || days > MAX_DAYS)
			throw usage(
				`${path} cannot be rotated every ${days} days`,
				`Give a whole number from 1 to ${MAX_DAYS}: { days: 90 }.`,
			);
		const { setSchedule } = await import("../rotation/schedule.ts");
		await setSchedule(await this.#find(path, options), days * DAY_MS, limitsOf(options));
	}

	async #change(
		path: string,
		options: CallOptions,
		action: (target: Target, job: Job) => Promise<Rotated>,
	): Promise<Rotation> {
		const target = await this.#find(path, options);
		const { warn } = backendsOf(this.#manager);
		try {
			const { backend, location, newVersion, oldVersion } = await action(target, {
				...limitsOf(options),
				settings: {},
				// Without settings there is no hook.
				prepareHook: () => ({ cwd: ".", env: {} }),
				host: hostname(),
				warn: (message, cure) => warn(`${message} ${cure}`),
			});
			return { path, backend, location, version: newVersion, previousVersion: oldVersion };
		} finally {
			this.#manager.clearCache();
		}
	}

	#find(path: string, options: CallOptions): Promise<Target> {
		const { chain, get } = backendsOf(this.#manager);
		return findTarget(parseSecretPath(path), {
			...limitsOf(options),
			chain,
			get: (name) => get(name as "vault"),
		});
	}
}

const DAY_MS = 86_400_000;
const MAX_DAYS = 3650;

function limitsOf({ signal, timeoutMs = DEFAULT_TIMEOUT_MS }: CallOptions): Limits {
	checkMs("timeoutMs", timeoutMs);
	signal?.throwIfAborted();
	return { timeoutMs, signal };
}

function usage(message: string, cure: string): DstaError {
	return new DstaError("DSTA_USAGE", message, { cure });
}
