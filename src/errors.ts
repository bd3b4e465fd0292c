/**
 * Every code an expected failure can carry, with the exit status of a run that ends because of it.
 * The numbers are those of sysexits.h and, for 126 and 127, of POSIX shells.
 */
export const EXIT_STATUS = {
	/** The command line is wrong. */
	DSTA_USAGE: 64,
	/** A value cannot be used: its type, pattern, encoding, size, or the name that it would get. */
	DSTA_INVALID_VALUE: 65,
	/** An audit log is not as it was written. */
	DSTA_AUDIT: 65,
	/** No backend of the chain has the secret. */
	DSTA_NOT_FOUND: 66,
	/** A file named on the command line or in the environment does not exist. */
	DSTA_FILE_NOT_FOUND: 66,
	/** This backend, platform or build cannot do what was asked. */
	DSTA_UNSUPPORTED: 69,
	/** A bug of dsta-run. */
	DSTA_BUG: 70,
	/** Standard output, or a file for the command, could not be written. */
	DSTA_OUTPUT: 74,
	/** A backend could not be reached or gave no usable answer. */
	DSTA_UNAVAILABLE: 75,
	/** The deadline passed. */
	DSTA_TIMEOUT: 75,
	/** Somebody else changed the secret while it was being written. */
	DSTA_CONFLICT: 75,
	/** A step of a rotation failed, which can be resumed or rolled back. */
	DSTA_ROTATION: 75,
	/** The backend refused the credentials or the access. */
	DSTA_DENIED: 77,
	/** The map is wrong. */
	DSTA_MAP: 78,
	/** A setting of a backend or of the run is wrong. */
	DSTA_CONFIG: 78,
	/** The command exists and cannot be executed. */
	DSTA_NOT_EXECUTABLE: 126,
	/** The command does not exist. */
	DSTA_COMMAND_NOT_FOUND: 127,
} as const;

/** The code of an expected failure: stable, and what a program decides by. */
export type ErrorCode = keyof typeof EXIT_STATUS;

/** How the policy of a chain sees a failed read. */
export type FailureClass = "unavailable" | "denied" | "misconfigured" | "invalid";

/** What an error says beside its code and its message. */
export interface DstaErrorDetails {
	/** What to do about it: a whole sentence, or several commands separated by newlines. */
	readonly cure: string;
	/** The name of the backend that failed. */
	readonly backend?: string;
	/** The secret path concerned, as the user wrote it. */
	readonly path?: string;
}

/**
 * The only error that dsta-run throws on purpose.
 * Its message says what happened to which path at which backend; no field ever holds a value or a credential,
 * and there is no `cause`, since the errors of clients carry requests with tokens.
 */
export class DstaError extends Error {
	/** Tells it from other errors where `instanceof` cannot, as across two copies of the package. */
	override readonly name = "DstaError";
	/** What kind of failure it is. */
	readonly code: ErrorCode;
	/** What to do about it: a whole sentence, or several commands separated by newlines. */
	readonly cure: string;
	/** The name of the backend that failed, where it was one. */
	readonly backend: string | undefined;
	/** The secret path concerned, as the user wrote it, where there is one. */
	readonly path: string | undefined;

	/** Makes the error of an expected failure; neither message nor details may hold a value. */
	constructor(code: ErrorCode, message: string, details: DstaErrorDetails) {
		super(message);
		this.code = code;
		this.cure = details.cure;
		this.backend = details.backend;
		this.path = details.path;
	}

	/** The status with which a run that ends because of this error exits. */
	get exitStatus(): number {
		return EXIT_STATUS[this.code];
	}

	/** The class by which a chain's policy decides whether to ask the next backend. */
	get failureClass(): FailureClass {
		switch (this.exitStatus) {
			case 75:
				return "unavailable";
			case 77:
				return "denied";
			case 65:
				return "invalid";
			default:
				return "misconfigured";
		}
	}
}

const BY_URGENCY = [70, 64, 78, 77, 75, 65, 66];

/** The one exit status for several errors: 78, 77, 75, 65, 66 in this order, a bug before all. */
export function exitStatusOf(errors: readonly DstaError[]): number {
	const statuses = new Set(errors.map((error) => error.exitStatus));
	return BY_URGENCY.find((status) => statuses.has(status)) ?? errors[0]?.exitStatus ?? 70;
}

/** One error for several: of the most urgent kind, with the message of each in a line of its own. */
export function joinErrors(errors: readonly [DstaError, ...DstaError[]]): DstaError {
	const [only, ...others] = errors;
	if (others.length === 0) return only;
	const status = exitStatusOf(errors);
	const first = errors.find((error) => error.exitStatus === status) ?? only;
	const { backend, code, cure, path } = first;
	return new DstaError(code, errors.map(({ message }) => message).join("\n"), {
		cure,
		...(backend === undefined ? {} : { backend }),
		...(path === undefined ? {} : { path }),
	});
}
