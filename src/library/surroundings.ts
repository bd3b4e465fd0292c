import type { BackendContext } from "../backends/backend.ts";

/** What the library takes from the process that it runs in, where its caller says nothing: the one place that looks. */
export interface Surroundings {
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly warn: (message: string) => void;
}

/** Looks at the process; what changes in its environment later is seen by whoever holds the answer. */
export function surroundings(): Surroundings {
	return {
		env: process.env,
		warn: (message) => process.emitWarning(message, { type: "DstaRunWarning" }),
	};
}

/** What a program may say of its surroundings; the rest is looked at. */
export interface SurroundingsOptions {
	readonly cwd?: string | undefined;
	readonly env?: Surroundings["env"] | undefined;
	readonly onWarning?: Surroundings["warn"] | undefined;
}

/** What the backends of a program see of it. */
export function contextIn(
	options: SurroundingsOptions,
): Pick<BackendContext, "cwd" | "env" | "home" | "log"> & Pick<Surroundings, "warn"> {
	const around = surroundings();
	const { cwd = ".", env = around.env, onWarning: warn = around.warn } = options;
	return {
		env,
		home: env.HOME,
		cwd,
		log: (level, message) => (level === "warn" ? warn(message) : undefined),
		warn,
	};
}
