import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import {
	type Backend,
	type BackendContext,
	type Found,
	isWritable,
	type ReadRequest,
	type SecretValue,
	type StoredVersion,
	type WritableBackend,
} from "../../src/backends/backend.ts";
import { timeLeftMs } from "../../src/backends/deadline.ts";
import { parseJson } from "../../src/backends/json.ts";
import type { BackendName } from "../../src/backends/registry.ts";
import { DstaError, type DstaErrorDetails, type ErrorCode } from "../../src/errors.ts";
import type { LogSubject } from "../../src/log-event.ts";
import { BUILD, RUNTIME, RUNTIME_ENV } from "../process/launch.ts";
import type { Context } from "./context.ts";

export type Message =
	| { readonly open: number; readonly name: BackendName; readonly context: Context }
	| Call
	| { readonly abort: number }
	| { readonly close: number };

export interface Call {
	readonly call: number;
	readonly backend: number;
	/** Of one signal, whoever it is handed to: what shares a signal may share a request. */
	readonly signal: number;
	/** The time that it still has, where that is known. */
	readonly leftMs?: number;
	readonly question: Question;
}

type Question =
	| { readonly kind: "read"; readonly request: ReadRequest }
	| { readonly kind: "revision"; readonly request: ReadRequest }
	| { readonly kind: "check" }
	| { readonly kind: "list"; readonly folder: string }
	| {
			readonly kind: "write";
			readonly secret: string;
			readonly fields: readonly (readonly [string, string])[];
			readonly replace: boolean;
			readonly overwrite: boolean;
			/** As JSON: see `Answer.result`. */
			readonly from?: string;
	  }
	| { readonly kind: "versions"; readonly secret: string }
	| {
			readonly kind: "annotations";
			readonly secret: string;
			/** `undefined`: they are read. */
			readonly changes?: readonly (readonly [string, string | null])[];
	  };

/** What a write is made from, one that was not there as a field without a value. */
export type Basis = readonly (readonly [string, SecretValue?])[];

export interface Answer {
	readonly answer: number;
	/** As JSON. */
	readonly result?: string;
	readonly error?:
		| {
				readonly code: ErrorCode;
				readonly message: string;
				readonly stack: string;
				readonly cause: unknown;
				readonly details: { readonly [Key in keyof DstaErrorDetails]: string | undefined };
		  }
		| { readonly bug: string };
}

interface Log {
	readonly log: number;
	readonly level: "warn" | "debug";
	readonly text: string;
	readonly about: LogSubject;
}

type Asked = Context & Partial<Pick<BackendContext, "log">>;

/**
 * A backend as the build under test has it. The standalone executable has another runtime than these tests: a process of that
 * runtime is asked there, and the backend itself only for what it says without asking anybody.
 */
export function askedInBuild<B extends Backend>(
	backend: B,
	name: BackendName,
	{ log, ...context }: Asked,
): B {
	if (BUILD === "npm") return backend;
	remote ??= start();
	const { ask, logs, send } = remote;
	const id = count++;
	if (log !== undefined) logs.set(id, log);
	send({ open: id, name, context });
	const asked: Backend = {
		...backend,
		async read(request, signal) {
			const found = await ask<Found | undefined>(id, { kind: "read", request }, signal);
			return found && { version: undefined, ...found };
		},
		revision: (request, signal) => ask(id, { kind: "revision", request }, signal),
		check: (signal) => ask(id, { kind: "check" }, signal),
		close: () => send({ close: id }),
	};
	if (!isWritable(backend)) return asked as B;
	const writable: WritableBackend = {
		...asked,
		list: (folder, signal) => ask(id, { kind: "list", folder }, signal),
		write(secret, fields, { from, overwrite = true, replace, signal }) {
			const basis =
				from && [...from].map(([key, value]): Basis[number] => (value === undefined ? [key] : [key, value]));
			const options = { overwrite, replace, ...(basis && { from: JSON.stringify(basis) }) };
			return ask(id, { kind: "write", secret, fields: [...fields], ...options }, signal);
		},
		async versions(secret, signal) {
			type Sent = Omit<StoredVersion, "createdAt"> & { readonly createdAt?: string };
			const versions = await ask<readonly Sent[]>(id, { kind: "versions", secret }, signal);
			return versions.map(({ createdAt, ...version }) => ({
				...version,
				createdAt: createdAt === undefined ? undefined : new Date(createdAt),
			}));
		},
		annotations: {
			async read(secret, signal) {
				const texts = await ask<[string, string][] | undefined>(id, { kind: "annotations", secret }, signal);
				return texts && new Map(texts);
			},
			write(secret, changes, signal) {
				const sent = [...changes].map(([name, text]) => [name, text ?? null] as const);
				return ask(id, { kind: "annotations", secret, changes: sent }, signal);
			},
		},
	};
	return writable as Backend as B;
}

interface Remote {
	send(message: Message): void;
	ask<Result>(backend: number, question: Question, signal: AbortSignal): Promise<Result>;
	readonly logs: Map<number, BackendContext["log"]>;
}

/** The process, which serves all tests of a file. */
let remote: Remote | undefined;
let count = 1;

function start(): Remote {
	const script = fileURLToPath(new URL("remote-backend.ts", import.meta.url));
	const child = spawn(RUNTIME, [script], { env: RUNTIME_ENV, stdio: ["pipe", "pipe", "inherit"] });
	const send = sender(child);
	const signals = new WeakMap<AbortSignal, number>();
	const pending = new Map<number, (answer: Answer) => void>();
	const logs: Remote["logs"] = new Map();
	createInterface(child.stdout as NodeJS.ReadableStream).on("line", (line) => {
		const answer: Answer | Log = JSON.parse(line);
		if ("log" in answer) logs.get(answer.log)?.(answer.level, answer.text, answer.about);
		else pending.get(answer.answer)?.(answer);
	});

	function idOf(signal: AbortSignal): number {
		const known = signals.get(signal);
		if (known !== undefined) return known;
		const id = count++;
		signals.set(signal, id);
		if (signal.aborted) send({ abort: id });
		else signal.addEventListener("abort", () => send({ abort: id }), { once: true });
		return id;
	}

	return {
		send,
		logs,
		ask(backend, question, signal) {
			const call = count++;
			return new Promise((resolve, reject) => {
				pending.set(call, ({ error, result }) => {
					pending.delete(call);
					if (error !== undefined) reject(toError(error));
					else resolve((result === undefined ? undefined : parseJson(result)) as never);
				});
				const leftMs = timeLeftMs(signal);
				const known = Number.isFinite(leftMs) ? { leftMs } : {};
				send({ call, backend, question, signal: idOf(signal), ...known });
			});
		},
	};
}

/** Sends what is said in one turn of the event loop at once, so that it arrives in one turn as well. */
function sender({ stdin }: ChildProcess): Remote["send"] {
	let lines: string[] = [];
	return (message) => {
		lines.push(`${JSON.stringify(message)}\n`);
		if (lines.length > 1) return;
		setImmediate(() => {
			stdin?.write(lines.join(""));
			lines = [];
		});
	};
}

function toError(error: NonNullable<Answer["error"]>): Error {
	if ("bug" in error) return new Error(error.bug);
	const { cause, code, details, message, stack } = error;
	return Object.assign(new DstaError(code, message, details as DstaErrorDetails), {
		stack,
		...(cause === undefined ? {} : { cause }),
	});
}
