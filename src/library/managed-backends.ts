import { createAwsBackend } from "../backends/aws/aws.ts";
import type { Backend, BackendContext, BackendFactory } from "../backends/backend.ts";
import { createEnvBackend } from "../backends/env/env.ts";
import { openEnvFile } from "../backends/env/env-file.ts";
import { BACKEND_NAMES, type BackendName } from "../backends/registry.ts";
import { createVaultBackend } from "../backends/vault/vault.ts";
import { DstaError } from "../errors.ts";
import { readSettingsObject } from "../map/from-object.ts";
import { type Backends, releaseAll } from "../resolve/backends.ts";
import { DEFAULT_BACKEND_TIMEOUT_MS } from "../resolve/chain.ts";
import { describeBackend, type SecretBackend } from "./availability.ts";
import type { SecretManagerOptions } from "./manager.ts";
import { OwnBackend } from "./own-backends.ts";
import { complete, createRegistered, registeredNames } from "./registered.ts";
import { contextIn } from "./surroundings.ts";

/** A backend by its name, or one that was made. */
export type BackendChoice = BackendName | (string & {}) | Backend;

/** The backends of one manager; each is made when it is first needed. */
export interface ManagedBackends extends Backends {
	/** Their names, in the order of asking. */
	readonly chain: readonly BackendName[];
	/** Whether the manager was made for one backend. */
	readonly isSingle: boolean;
	/** The first that is configured, be it wrongly; where none is, the first of all. */
	readonly first: SecretBackend;
	/** What each may take at most. */
	timeoutMs(name: string): number;
	warn(message: string): void;
}

/**
 * Prepares the backends that a manager's options name.
 * @throws {DstaError} DSTA_USAGE a name is unknown, or options exclude each other · DSTA_FILE_NOT_FOUND the env file
 */
export function openBackends(options: SecretManagerOptions): ManagedBackends {
	const { warn, ...context } = contextIn(options);
	const choices = choicesOf(options);
	const given = new Map(choices.map((choice) => [nameOf(choice), choice]));
	const chain = [...given.keys()] as readonly BackendName[];
	const isSingle = options.backend !== undefined;
	const envFile = openEnvFile({ named: options.envFile, cwd: context.cwd });
	const { aws, vault } = options;
	const settings = readSettingsObject({ aws, vault }, chain);
	const made = new Map<string, Backend | undefined>();
	const open = (name: string) => {
		if (made.has(name)) return made.get(name);
		const own = settings[name];
		const isNamed = isSingle || own !== undefined;
		const backend = create(given.get(name) ?? name, {
			...context,
			envFile,
			paths: [],
			settings: own ?? {},
			isNamed,
		});
		made.set(name, backend);
		return backend;
	};
	return {
		chain,
		isSingle,
		get first() {
			for (const name of chain) {
				const backend = attempt(() => open(name));
				if (backend !== undefined) return describeBackend(name, backend);
			}
			return describeBackend(chain[0] as string, undefined);
		},
		timeoutMs: (name) => Number(settings[name]?.timeoutMs ?? DEFAULT_BACKEND_TIMEOUT_MS),
		warn,
		get: async (name) => open(name),
		leases: async () => [...made.values()].flatMap((backend) => backend?.leases?.() ?? []),
		async keepAlive(onNews) {
			await Promise.all([...made.values()].map((backend) => backend?.keepAlive?.(onNews)));
		},
		close: () => undefined,
		abandon: async () => undefined,
		async release() {
			// One that was given is its owner's, and others may need it.
			const own = [...made].filter(([name]) => typeof given.get(name) !== "object");
			await releaseAll(own.flatMap(([, backend]) => backend ?? []));
		},
	};
}

function attempt(open: () => Backend | undefined): Backend | DstaError | undefined {
	try {
		return open();
	} catch (error) {
		if (error instanceof DstaError) return error;
		throw error;
	}
}

const FACTORIES: Readonly<Record<BackendName, BackendFactory>> = {
	vault: createVaultBackend,
	aws: createAwsBackend,
	env: createEnvBackend,
};

function choicesOf({ backend, chain }: SecretManagerOptions): readonly BackendChoice[] {
	const choices = backend === undefined ? (chain ?? BACKEND_NAMES) : [backend];
	const problem =
		backend !== undefined && chain !== undefined
			? "backend and chain exclude each other"
			: problemOf(choices);
	if (problem === undefined) return choices;
	const known = [...BACKEND_NAMES, ...registeredNames()].join(", ");
	throw new DstaError("DSTA_USAGE", problem, {
		cure: `Name backends, each once: ${known}, one of your own after registerBackend, or one that was made.`,
	});
}

function problemOf(choices: readonly BackendChoice[]): string | undefined {
	if (choices.length === 0) return "The chain of a secret manager is empty";
	if (new Set(choices.map(nameOf)).size < choices.length)
		return "A secret manager's chain names a backend twice";
	const unknown = choices.find((choice) => typeof choice !== "object" && !isKnown(choice));
	return unknown === undefined ? undefined : `${JSON.stringify(unknown)} is no backend`;
}

function isKnown(name: string): boolean {
	return Object.hasOwn(FACTORIES, name) || registeredNames().includes(name);
}

function nameOf(choice: BackendChoice): string {
	return typeof choice === "object" ? choice.name : choice;
}

function create(choice: BackendChoice, context: BackendContext): Backend | undefined {
	if (typeof choice === "object")
		return choice instanceof OwnBackend ? choice : complete(choice.name, choice);
	const factory = Object.hasOwn(FACTORIES, choice) ? FACTORIES[choice as BackendName] : undefined;
	return factory === undefined ? createRegistered(choice, context) : factory(context);
}
