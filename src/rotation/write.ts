import type { Written } from "../backends/backend.ts";
import { isAsWritten } from "../backends/overwrite.ts";
import { DstaError } from "../errors.ts";
import { MARGIN_MS } from "./claim.ts";
import { generateBy } from "./generate.ts";
import { HOOK_MS, runHook } from "./hook.ts";
import type { RotationRecord } from "./record.ts";
import { readField, within } from "./target.ts";
import { conclude, concludeFailed, factsOf, showProgress, type Work } from "./work.ts";

/**
 * The first two steps: makes a new value and writes it in the place of the one that was read, then reads it back. Where nothing
 * was written, the record is as it was before.
 * @throws {DstaError} as `rotate`
 */
export async function writeNewValue(work: Work, before: RotationRecord | undefined): Promise<void> {
	const value = await generate(work).catch((error) => takeBack(work, before, error));
	const written = await update(work, value).catch((error) =>
		isUnclear(error) ? stopUnclear(work, error) : takeBack(work, before, error),
	);
	const version = await readBack(work, value).catch((error) =>
		isConflict(error) ? takeBack(work, before, error) : stopUnclear(work, error),
	);
	await noteVersion(work, written?.version ?? version);
}

async function generate(work: Work): Promise<string> {
	try {
		const { detail, value } = await makeValue(work);
		await conclude(work, { step: "generate", outcome: "done", detail });
		return value;
	} catch (error) {
		await concludeFailed(work, "generate", error);
		throw error;
	}
}

async function update(work: Work, value: string): Promise<Written | undefined> {
	try {
		await work.claim.update({ step: "update" }, MARGIN_MS);
		showProgress(work, "update", "writing");
		return await write(work, value);
	} catch (error) {
		await concludeFailed(work, "update", error);
		throw error;
	}
}

// From here on it is written, whatever goes wrong.
async function noteVersion(work: Work, version: string | undefined): Promise<void> {
	const { claim } = work;
	const { location } = factsOf(work);
	const detail = version === undefined ? location : `${location}, version ${version}`;
	try {
		await claim.update({ newVersion: version }, MARGIN_MS);
		await conclude(work, { step: "update", outcome: "done", detail });
	} catch (error) {
		await claim.leave({ ...claim.record, newVersion: version, until: new Date() }).catch(() => undefined);
		throw error;
	}
}

function isConflict(error: unknown): error is DstaError {
	return error instanceof DstaError && error.code === "DSTA_CONFLICT";
}

/** Whether it is not known that nothing was written. */
function isUnclear(error: unknown): boolean {
	return !(error instanceof DstaError) || error.code === "DSTA_UNAVAILABLE" || error.code === "DSTA_TIMEOUT";
}

// Only what is ours is taken back, and never at the cost of the failure itself.
async function takeBack({ claim }: Work, before: RotationRecord | undefined, error: unknown): Promise<never> {
	await claim.leave(before).catch(() => undefined);
	throw error;
}

async function stopUnclear(work: Work, error: unknown): Promise<never> {
	const { record } = work.claim;
	await work.claim.leave({ ...record, until: new Date() }).catch(() => undefined);
	throw error instanceof DstaError ? withWayOut(error, record.id, factsOf(work).path) : error;
}

interface NewValue {
	readonly value: string;
	/** How it was made. */
	readonly detail: string;
}

async function makeValue(work: Work): Promise<NewValue> {
	const { claim, job, target } = work;
	const { generate } = job.settings;
	const made = await (async (): Promise<NewValue> => {
		if (job.giveValue !== undefined) return { value: await job.giveValue(), detail: "given" };
		if (typeof generate === "string") return { value: generateBy(generate), detail: generate };
		if (generate === undefined) throw nothingGenerates(target.path.text);
		const [file] = generate.command;
		await claim.update({}, HOOK_MS + MARGIN_MS);
		showProgress(work, "generate", file);
		return {
			value: await runHook({ step: "generate", command: generate.command, facts: factsOf(work) }, job),
			detail: file,
		};
	})();
	const about = { backend: target.backend.name, path: target.path.text };
	if (made.value === "")
		throw new DstaError("DSTA_INVALID_VALUE", `The new value of ${about.path} is empty`, {
			...about,
			cure: "Have what makes it print the value on standard output.",
		});
	if (target.current !== undefined && isAsWritten(target.current.value, made.value))
		throw new DstaError("DSTA_INVALID_VALUE", `The new value of ${about.path} is the old one`, {
			...about,
			cure: "Give another one; nothing was written.",
		});
	job.checkValue?.(made.value);
	return made;
}

// A conflict may be one with ourselves: a write whose answer was lost on the way is sent once more by some clients and proxies.
async function write({ job, target }: Work, value: string): Promise<Written | undefined> {
	const { backend, current, field, path, secret } = target;
	try {
		return await backend.write(secret, new Map([[field, value]]), {
			replace: false,
			from: new Map([[field, current?.value]]),
			signal: within(job),
		});
	} catch (error) {
		if (!isConflict(error)) throw error;
		const found = await readField(target, within(job));
		if (found !== undefined && isAsWritten(found.value, value)) return undefined;
		throw lost(path.text, error);
	}
}

async function readBack(work: Work, value: string): Promise<string | undefined> {
	const { backend, path } = work.target;
	try {
		const found = await readField(work.target, within(work.job));
		if (found !== undefined && isAsWritten(found.value, value)) return found.version;
		throw new DstaError("DSTA_CONFLICT", `${path.text} was written and has another value now`, {
			backend: backend.name,
			path: path.text,
			cure: `Find out who else writes it; what it holds comes from where dsta-run explain ${path.text} says.`,
		});
	} catch (error) {
		await concludeFailed(work, "update", error);
		throw error;
	}
}

function lost(path: string, { backend = "", message }: DstaError): DstaError {
	return new DstaError(
		"DSTA_CONFLICT",
		`${path}: somebody else has changed it meanwhile, and this rotation has written nothing: ${message}`,
		{
			backend,
			path,
			cure: `Look whether it was rotated: dsta-run rotate --list. What a hook made for nothing at its provider is to be taken back there.`,
		},
	);
}

function withWayOut({ backend = "", code, message }: DstaError, id: string, path: string): DstaError {
	return new DstaError(
		code,
		`${path}: it is not known whether its new value was written (rotation ${id}): ${message}`,
		{
			backend,
			path,
			cure: `When the server answers again: dsta-run rotate --resume ${path}`,
		},
	);
}

function nothingGenerates(path: string): DstaError {
	return new DstaError("DSTA_CONFIG", `Nothing makes a new value for ${path}`, {
		path,
		cure: `Say it in the map, rotate: { generate: "alnum:32" }, or give it: dsta-run rotate ${path} --value-from - (or @FILE, or generate:alnum:32).`,
	});
}
