import { DstaError } from "../errors.ts";
import { parseSecretPath } from "../secret-path.ts";
import type { CallOptions, SecretManager } from "./manager.ts";

/** A rotation that was made. */
export interface Rotation {
	/** The path, as it was given. */
	readonly path: string;
	/** The backend that has the new value. */
	readonly backend: string;
	/** Where it lies, in the backend's own words. */
	readonly location: string;
	/** The version that was made, where the backend counts them. */
	readonly version: string | undefined;
}

/** How often a secret is to be rotated. */
export interface RotationInterval {
	/** A whole number from 1. */
	readonly days: number;
}

/** Changes secrets through the backend that a manager asks first. */
export class SecretRotationManager {
	readonly #manager: SecretManager;

	constructor(manager: SecretManager) {
		this.#manager = manager;
	}

	/**
	 * Gives one field of a secret a new value, and reads it back. Its other fields stay, what somebody else changes at the same
	 * time is not lost, and where the backend keeps versions the old one stays readable under its number.
	 * @throws {DstaError} DSTA_USAGE the path names no field, or the value is no text · DSTA_UNSUPPORTED the backend cannot be
	 * written · DSTA_CONFLICT somebody else changes it at the same time · as `SecretManager.getSecret`
	 */
	async rotateSecret(path: string, newValue: string, options: CallOptions = {}): Promise<Rotation> {
		const { secret, key } = fieldOf(path);
		if (typeof newValue !== "string" || newValue === "")
			throw usage(`The new value of ${path} is no text`, "Give the value that it shall have from now on.");
		const { backend, location, version } = await this.#manager.setSecrets(
			secret,
			{ [key]: newValue },
			options,
		);
		if ((await this.#manager.getSecret(path, { ...options, fresh: true })) === newValue)
			return { path, backend, location, version };
		throw new DstaError("DSTA_CONFLICT", `${path} was written and has another value now`, {
			backend,
			path,
			cure: `Find out who else rotates it, and look at its versions: dsta-run explain ${path}`,
		});
	}

	/**
	 * Says how often a secret is to be rotated, beside the secret itself.
	 * @throws {DstaError} DSTA_USAGE the path names no field, or the interval is none · DSTA_UNSUPPORTED always, in this version
	 */
	async scheduleRotation(path: string, { days }: RotationInterval): Promise<void> {
		fieldOf(path);
		if (!Number.isSafeInteger(days) || days < 1)
			throw usage(
				`${path} cannot be rotated every ${days} days`,
				"Give a whole number from 1: { days: 90 }.",
			);
		throw new DstaError("DSTA_UNSUPPORTED", `This version of dsta-run keeps no schedule for ${path}`, {
			path,
			cure: "Call rotateSecret from a job of your own: cron, a systemd timer, a CronJob of Kubernetes.",
		});
	}
}

function fieldOf(path: string): { readonly secret: string; readonly key: string } {
	const { secret, selector } = parseSecretPath(path);
	if (selector.kind === "field") return { secret, key: selector.key };
	throw usage(`${path} names no field of a secret`, "Write it: exchange/binance/api_key");
}

function usage(message: string, cure: string): DstaError {
	return new DstaError("DSTA_USAGE", message, { cure });
}
