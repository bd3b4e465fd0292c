import { setTimeout as sleep } from "node:timers/promises";
import { signalAfter } from "../backends/deadline.ts";
import { openTransport } from "../backends/open-transport.ts";
import { type Transport, TransportError } from "../backends/transport.ts";
import { now } from "../clock.ts";
import { DstaError } from "../errors.ts";
import { type InstanceAddress, parseInstance } from "../map/instance.ts";
import { parseSecretPath } from "../secret-path.ts";
import { type Limits, type Target, within } from "./target.ts";

/** Who is waited for, and for how long. */
export interface Waiting extends Limits {
	readonly addresses: readonly string[];
	/** The version that each is to tell of, or a newer one. */
	readonly version: string;
	readonly waitMs: number;
	/** Hears, in words, how far it is. */
	readonly onProgress: (detail: string) => void;
}

/** So long it is waited for instances where the map does not say. */
export const DEFAULT_WAIT_MS: number = 5 * 60_000;

const PAUSE_MS = 1000;
const ANSWER_MS = 5000;

/**
 * Waits until all instances tell, at `/versions`, that they have a version of a secret.
 * @throws {DstaError} DSTA_ROTATION some have not in time, with what each of them says
 */
export async function waitForInstances(target: Target, waiting: Waiting): Promise<string> {
	const { addresses, onProgress, signal, version, waitMs } = waiting;
	const instances = await Promise.all(addresses.map((address) => openInstance(address)));
	const end = now() + waitMs;
	try {
		for (;;) {
			const lags = await Promise.all(instances.map((instance) => findLag(instance, target, waiting)));
			const late = lags.filter((lag) => lag !== undefined);
			const detail = `${addresses.length - late.length} of ${addresses.length} instances have version ${version}`;
			if (late.length === 0) return detail;
			onProgress(detail);
			if (now() + PAUSE_MS > end) throw lagFailure(target, version, late);
			await sleep(PAUSE_MS, undefined, signal === undefined ? {} : { signal });
		}
	} finally {
		for (const { transport } of instances) transport.close();
	}
}

interface Instance {
	readonly address: string;
	readonly url: URL;
	readonly transport: Transport;
}

// The map has been looked at before.
async function openInstance(address: string): Promise<Instance> {
	const { socketPath, url } = parseInstance(address) as InstanceAddress;
	const transport = await openTransport({ maxSockets: { "http:": 1, "https:": 1 }, socketPath });
	return { address, url, transport };
}

/** Why an instance has to be waited for, in words; `undefined`: it has the version. */
async function findLag(instance: Instance, target: Target, waiting: Waiting): Promise<string | undefined> {
	const { address } = instance;
	const answer = await ask(instance, waiting.signal);
	if (typeof answer === "string") return `${address} ${answer}`;
	const reported = answer.filter(
		({ backend, path }) => backend === target.backend.name && isOf(path, target.secret),
	);
	if (reported.length === 0) return `${address} does not tell of it`;
	for (const { version } of reported)
		if (!(await isReached(version, target, waiting))) return `${address} has version ${version}`;
	return undefined;
}

interface Reported {
	readonly path: string;
	readonly backend: string;
	readonly version: string;
}

/** What an instance tells, or why it does not. */
async function ask(
	{ transport, url }: Instance,
	signal: AbortSignal | undefined,
): Promise<readonly Reported[] | string> {
	const limit = signalAfter(ANSWER_MS);
	try {
		const { status, text } = await transport.send({
			method: "GET",
			url,
			headers: { accept: "application/json" },
			signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
		});
		if (status !== 200) return `answers with HTTP ${status}`;
		return readVersions(JSON.parse(text)) ?? "answers something else";
	} catch (error) {
		if (signal?.aborted) throw error;
		if (error instanceof TransportError) return `does not answer: ${error.code}`;
		return error instanceof SyntaxError ? "answers what is no JSON" : "does not answer in time";
	}
}

function readVersions(answer: unknown): readonly Reported[] | undefined {
	const { secrets } = (answer ?? {}) as { readonly secrets?: unknown };
	if (!Array.isArray(secrets)) return undefined;
	return secrets.map((one) => ({
		path: String(one?.path),
		backend: String(one?.backend),
		version: String(one?.version ?? "unknown"),
	}));
}

// A version is that of the whole secret, whichever part of it an entry takes.
function isOf(path: string, secret: string): boolean {
	try {
		return parseSecretPath(path).secret === secret;
	} catch {
		return false;
	}
}

// Another field may have been changed since, so that a newer version does as well.
async function isReached(version: string, { backend, secret }: Target, waiting: Waiting): Promise<boolean> {
	if (version === waiting.version) return true;
	const versions = (await backend.versions?.(secret, within(waiting))) ?? [];
	const place = (wanted: string) => versions.findIndex((one) => one.version === wanted);
	return place(version) >= 0 && place(version) < place(waiting.version);
}

function lagFailure({ backend, path }: Target, version: string, late: readonly string[]): DstaError {
	return new DstaError(
		"DSTA_ROTATION",
		`${path.text}: restart: not all instances have taken version ${version}: ${late.join(", ")}`,
		{
			backend: backend.name,
			path: path.text,
			cure: "See whether they run with run.watch and run.metrics, and what they say.",
		},
	);
}
