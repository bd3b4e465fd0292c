import type { Backend, Overrides, ReadRequest } from "../../backends/backend.ts";
import type { BackendName } from "../../backends/registry.ts";
import { now } from "../../clock.ts";
import { DstaError } from "../../errors.ts";
import type { Health } from "../../library/health.ts";
import { type Entry, sourcesOf } from "../../map/secret-map.ts";
import type { Backends } from "../../resolve/backends.ts";
import { chainOf } from "../../resolve/chain.ts";
import { startTimeLimit } from "../../resolve/time-limit.ts";
import { unconfigured } from "../../resolve/unconfigured.ts";
import { parseSecretPath } from "../../secret-path.ts";
import { askLauncher } from "../ask-launcher.ts";
import type { CommandResult, Host } from "../host.ts";
import type { CommandLine } from "../options.ts";
import { reportProblem } from "../report.ts";
import { openSession, type Session } from "../session.ts";
import { listenAddressOf } from "../telemetry-settings.ts";

/** Whoever calls this at every moment does not wait for long. */
const DEFAULT_TIMEOUT_MS = 5000;

/** Says whether all is well, by a status of 0 or 1: what runs a health check knows no other. */
export async function health(commandLine: CommandLine, host: Host): Promise<CommandResult> {
	const found = await findHealth(commandLine, host);
	const { backend, error, status } = found;
	const words = error === undefined ? "" : `: ${error}`;
	return {
		status: status === "healthy" ? 0 : 1,
		output: commandLine.options.json ? `${JSON.stringify(found)}\n` : `${status} (${backend})${words}\n`,
	};
}

/** Asks the launcher at the address of its metrics whether it is ready; where none listens, the backends that the map needs. */
async function findHealth(commandLine: CommandLine, host: Host): Promise<Health> {
	const { backend, timeoutMs = DEFAULT_TIMEOUT_MS } = commandLine.options;
	try {
		const session = await openSession(commandLine, host, { needsMap: false });
		const address = listenAddressOf(session.telemetry);
		const told = address === undefined ? undefined : await askLauncher(address, timeoutMs);
		const found = told ?? (await checkBackends(session, backend, timeoutMs));
		await session.backends.release();
		return found;
	} catch (error) {
		// Of the map, or of what it is read with.
		if (!(error instanceof DstaError)) throw error;
		reportProblem(host.log, { error, names: [] });
		return { status: "unhealthy", backend: "dsta-run", error: error.message };
	}
}

/** The first that is not well of those that an entry of the map asks first; of a map of nothing, of the chain. */
async function checkBackends(
	session: Session,
	named: BackendName | undefined,
	timeoutMs: number,
): Promise<Health> {
	const { backends, chain, map } = session;
	const entries: readonly Partial<Entry>[] = [...map.entries, ...sourcesOf(map.templates ?? [])];
	const asked = await Promise.all(
		(entries.length === 0 ? [{}] : entries).map(async (entry) => {
			const name = await firstConfigured(chainOf(entry, { backend: named, chain }), backends);
			return { name, overrides: entry.backends?.[name] };
		}),
	);
	const all = await Promise.all(
		[...Map.groupBy(asked, ({ name }) => name)].map(([name, of]) =>
			checkBackend(name, { backends, overrides: of.map(({ overrides }) => overrides), timeoutMs }),
		),
	);
	return all.find(({ status }) => status === "unhealthy") ?? (all[0] as Health);
}

async function firstConfigured(chain: readonly BackendName[], backends: Backends): Promise<BackendName> {
	for (const name of chain) if (await isConfigured(name, backends)) return name;
	return chain[0] as BackendName;
}

// One whose settings are wrong is asked, and says so.
async function isConfigured(name: BackendName, backends: Backends): Promise<boolean> {
	try {
		return (await backends.get(name)) !== undefined;
	} catch {
		return true;
	}
}

/** A secret that nobody needs to have. */
const PROBE = { path: parseSecretPath("health/check"), names: [] };

interface Questions {
	readonly backends: Backends;
	/** Of each entry that asks the backend. */
	readonly overrides: readonly (Overrides | undefined)[];
	readonly timeoutMs: number;
}

async function checkBackend(
	name: BackendName,
	{ backends, overrides, timeoutMs }: Questions,
): Promise<Health> {
	try {
		const backend = await backends.get(name);
		if (backend === undefined) throw unconfigured(name, "The health check is for");
		const limit = { ownMs: timeoutMs, deadline: now() + timeoutMs, isFollowed: false, outer: undefined };
		const timeLimit = startTimeLimit(backend, limit);
		try {
			await timeLimit.bound(backend.check(timeLimit.signal));
			const reads = probesFor(backend, overrides).map((probe) =>
				timeLimit.bound(backend.read(probe, timeLimit.signal)).catch(acceptDenial),
			);
			await Promise.all(reads);
		} finally {
			timeLimit.clear();
		}
		return { status: "healthy", backend: name };
	} catch (error) {
		if (!(error instanceof DstaError)) throw error;
		return { status: "unhealthy", backend: name, error: error.message };
	}
}

// One at each place that an entry asks at. What makes a credential for whoever asks is not asked for one.
function probesFor(backend: Backend, all: Questions["overrides"]): readonly ReadRequest[] {
	const probes = all.map((overrides): ReadRequest => ({ ...PROBE, overrides }));
	const places = new Map(probes.map((probe) => [backend.identity ? backend.identity(probe) : "", probe]));
	places.delete(undefined);
	return [...places.values()];
}

// It has taken our credentials, and a policy of least privilege allows the secrets of the map alone.
function acceptDenial(error: unknown): void {
	if (!(error instanceof DstaError) || error.failureClass !== "denied") throw error;
}
