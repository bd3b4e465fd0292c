import { inspect } from "node:util";
import { expect } from "vitest";
import { type Backend, isWritable, type ReadRequest, type Revision } from "../../src/backends/backend.ts";
import type { BackendName } from "../../src/backends/registry.ts";
import { DstaError } from "../../src/errors.ts";
import { parseSecretPath } from "../../src/secret-path.ts";
import { type Context, createBackend } from "./context.ts";
import { askedInBuild } from "./remote.ts";

/** How the contract suite makes a backend and fills the place that it reads from, and what that place can do. */
export interface Harness {
	readonly backend: BackendName;
	/** Which form of the backend: `KV version 2`. */
	readonly form: string;
	/** What makes the backend, for the server at an address instead of the real one if there is any. */
	context(address?: string): Context;
	/** Stores a secret, a JSON object, to the letter and past the backend; gives its version where there are versions. */
	store(secret: string, json: string): Promise<string | undefined>;
	/** Deletes a secret as the tools of the place do. */
	remove(secret: string): Promise<void>;
	/** What values are: what JSON can say, the same with every number a double, or text alone. */
	readonly holds: "json" | "doubles" | "text";
	/** Versions that no secret has; `undefined` where secrets have no versions, so that a pinned one is not looked at. */
	readonly unknownVersions?: readonly (string | number)[];
	/** Whether a pinned version is a mistake here. */
	readonly refusesVersions?: boolean;
	/** Whether only the values themselves show that they have changed. */
	readonly hidesChanges?: boolean;
	/** The server that is asked; `undefined` where none is, so that nothing can be down or refuse. */
	readonly server?: AskedServer;
	/** `undefined` where the backend cannot write and list. */
	readonly writing?: Writing;
}

export interface AskedServer {
	readonly address: string;
	/** What makes a backend whose credentials are refused. */
	refused(): Promise<Context & AsyncDisposable>;
}

export interface Writing {
	/** What the place holds of a secret: its JSON, to the letter but for the order of its keys. */
	load(secret: string): Promise<string>;
	/** What stands before the name of a secret in the location of what was written. */
	readonly prefix: string;
}

/** What no error may show: a part of every value and of every token, key and password of the tests. */
export const NEVER_SHOWN = /sentinel|root-token/;

/** A value to look for in what comes out. */
export const SENTINEL = "sentinel-value-4711";

/** Makes a backend that closes with its block. */
export async function openBackend<B extends Backend>(
	name: BackendName,
	context: Context,
): Promise<B & Disposable> {
	const backend = await createBackend(name, context);
	if (backend === undefined) throw new Error(`${name} is not configured`);
	const asked = askedInBuild(backend as B, name, context);
	return { ...asked, [Symbol.dispose]: () => asked.close() };
}

/** A question for variables that nobody has. */
export function ask(path: string, more: Partial<ReadRequest> = {}): ReadRequest {
	const parsed = parseSecretPath(path);
	const names = [parsed.selector.kind === "all" ? "NOBODY_HAS_*" : "NOBODY_HAS_THIS"];
	return { path: parsed, names, ...more };
}

/** What a backend says of whether a path may have changed. */
export async function revisionOf(
	backend: Backend,
	path: string,
	signal = new AbortController().signal,
): Promise<Revision | undefined> {
	return backend.revision?.(ask(path), signal);
}

/** The failure of an action, which is one that a user can be shown: it has a cure and shows no value and no token. */
export async function failureOf(action: Promise<unknown>): Promise<DstaError> {
	const error = await action.then(
		() => undefined,
		(reason) => reason,
	);
	expect(error).toBeInstanceOf(DstaError);
	expect(error.message).not.toBe("");
	expect(error.cure).toMatch(/\w{2}/);
	expect(error.cause).toBeUndefined();
	expect(`${inspect(error, { depth: 9, showHidden: true })} ${error.cure}`).not.toMatch(NEVER_SHOWN);
	return error;
}

/** The names and the backends of one run of the suite. */
export interface Place {
	at(path: string): string;
	open(context?: Context): Promise<Backend & Disposable>;
	signal(): AbortSignal;
}

/** Everything that a backend can be asked. */
export function actionsOf(
	backend: Backend,
	secret: string,
	signal: AbortSignal,
): readonly (() => Promise<unknown>)[] {
	const actions = [
		() => backend.read(ask(`${secret}/text`), signal),
		() => backend.read(ask(`${secret}/*`), signal),
		() => backend.check(signal),
		() => revisionOf(backend, `${secret}/text`, signal),
	];
	if (!isWritable(backend)) return actions;
	const fields = new Map([["k", SENTINEL]]);
	return [
		...actions,
		() => backend.write(secret, fields, { replace: false, signal }),
		() => backend.write(secret, fields, { replace: true, signal }),
		() => backend.write(secret, fields, { replace: false, from: new Map(), signal }),
		() => backend.list(secret, signal),
		async () => backend.versions?.(secret, signal),
		async () => backend.annotations?.read(secret, signal),
		async () => backend.annotations?.write(secret, new Map([["name", "text"]]), signal),
	];
}
