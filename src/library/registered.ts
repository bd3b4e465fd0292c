import type { Backend, BackendContext, Found, ReadRequest, WritableBackend } from "../backends/backend.ts";
import { BACKEND_NAMES } from "../backends/registry.ts";
import { DstaError } from "../errors.ts";

/** A backend of a user's own: how it reads, and what else it can say. */
export interface CustomBackend extends Partial<Omit<WritableBackend, "name" | "read">> {
	/**
	 * Reads one path; `undefined` means "I do not have it, ask the next". An error that is no {@link DstaError} makes the
	 * backend unavailable, and its message is not shown.
	 */
	read(request: ReadRequest, signal: AbortSignal): Promise<Found | undefined>;
}

/** Makes a backend, or answers `undefined` when nothing configures it. Asks nobody. */
export type CustomBackendFactory = (context: BackendContext) => CustomBackend | undefined;

const FACTORIES = new Map<string, CustomBackendFactory>();

/**
 * Makes a backend known by a name, for `backend` and `chain` of a manager.
 * @throws {DstaError} DSTA_USAGE the name is taken, or is none
 */
export function registerBackend(name: string, create: CustomBackendFactory): void {
	const reason = [...BACKEND_NAMES, ...FACTORIES.keys()].includes(name)
		? "is taken"
		: /^[a-z][a-z0-9_-]*$/.test(name)
			? undefined
			: "must be lower-case letters, digits, - and _";
	if (reason !== undefined)
		throw new DstaError("DSTA_USAGE", `${JSON.stringify(name)} cannot name a backend: it ${reason}`, {
			cure: "Register it once, under a name of its own.",
		});
	FACTORIES.set(name, create);
}

/** The names that backends were registered under. */
export function registeredNames(): readonly string[] {
	return [...FACTORIES.keys()];
}

/**
 * Makes a registered backend; `undefined` where its factory says that nothing configures it.
 * @throws {DstaError} DSTA_UNAVAILABLE its factory fails · what that throws itself
 */
export function createRegistered(name: string, context: BackendContext): Backend | undefined {
	try {
		const custom = FACTORIES.get(name)?.(context);
		return custom === undefined ? undefined : complete(name, custom);
	} catch (error) {
		throw toDstaError(error, name, undefined);
	}
}

/** A whole backend out of what a user wrote. */
export function complete(name: string, custom: CustomBackend): Backend {
	const { annotations } = custom;
	return {
		description: name,
		locations: ({ path }) => [path.text],
		advice: ({ path }) => `Put ${path.text} into ${name}, or give it a default.`,
		check: async () => undefined,
		close: () => undefined,
		...bound(custom),
		...guarded(name, custom, ["read", "revision", "check", "write", "list", "versions"]),
		...(annotations === undefined ? {} : { annotations: guarded(name, annotations, ["read", "write"]) }),
		name,
	};
}

// A backend may be an object of a class, whose methods are not its own and need it.
function bound(custom: CustomBackend): Partial<WritableBackend> {
	const members = OPTIONAL.filter((member) => custom[member] !== undefined).map((member) => {
		const value = custom[member];
		return [member, typeof value === "function" ? value.bind(custom) : value] as const;
	});
	return Object.fromEntries(members);
}

const OPTIONAL = [
	"description",
	"locations",
	"advice",
	"identity",
	"leases",
	"keepAlive",
	"release",
	"close",
] as const satisfies readonly (keyof CustomBackend)[];

/** Those of some methods that there are; they fail with a {@link DstaError}, whatever their owner throws. */
function guarded<T extends object, Member extends keyof T>(
	name: string,
	owner: T,
	members: readonly Member[],
): Pick<T, Member> {
	const methods = members
		.filter((member) => owner[member] !== undefined)
		.map((member) => {
			const ask = owner[member] as (about: Subject, ...more: unknown[]) => unknown;
			const guard = async (about: Subject, ...more: unknown[]) => {
				try {
					return await ask.call(owner, about, ...more);
				} catch (error) {
					throw toDstaError(error, name, pathOf(about));
				}
			};
			return [member, guard] as const;
		});
	return Object.fromEntries(methods) as Pick<T, Member>;
}

/** What the methods of a backend take first: what to read, the name of a secret or a folder, or nothing of that. */
type Subject = ReadRequest | string | AbortSignal;

function pathOf(about: Subject): string | undefined {
	if (typeof about === "string") return about;
	return "path" in about ? about.path.text : undefined;
}

function toDstaError(error: unknown, name: string, path: string | undefined): DstaError {
	if (error instanceof DstaError) return error;
	// Its message may hold anything, a token included.
	const kind = error instanceof Error ? error.name : typeof error;
	return new DstaError("DSTA_UNAVAILABLE", `${name} not available: it failed with ${kind}`, {
		backend: name,
		...(path === undefined ? {} : { path }),
		cure: `See why the backend ${name} fails, and let it throw a DstaError that says so.`,
	});
}
