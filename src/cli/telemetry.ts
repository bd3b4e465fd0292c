import { basename, resolve } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import type { Own } from "../launch/own.ts";
import { showListenAddress } from "../listen-address.ts";
import { createEndpoints } from "../observe/endpoints.ts";
import { createRunMetrics, type RunFacts } from "../observe/run-metrics.ts";
import { TEXTFILE_END, writeTextfile } from "../observe/textfile.ts";
import { countQuestions } from "../resolve/count-questions.ts";
import { buildOf } from "./build.ts";
import type { Host } from "./host.ts";
import type { Listeners, ListenersContext } from "./listeners.ts";
import { fixLines, reportProblem } from "./report.ts";
import { entriesOf, type FollowedRun, followRun } from "./run-state.ts";
import type { Session } from "./session.ts";
import { listenAddressOf } from "./telemetry-settings.ts";

/**
 * Opens what the map and the command line ask for: the address that metrics are served at, and the file that they are written to.
 * @throws {DstaError} DSTA_CONFIG the address may not be used · DSTA_OUTPUT the file cannot be written
 */
export async function openTelemetry(session: Session, context: ListenersContext): Promise<Listeners> {
	const { host, own, sessions } = context;
	const run = followRun(async () =>
		(await Promise.all([...sessions].map(({ backends }) => backends.leases()))).flat(),
	);
	// First what may fail without leaving anything behind.
	const textfile = await startTextfile(run, session, host);
	const server = await startServer(run, { session, host, own });
	const parts = [textfile, server].filter((part) => part !== undefined);
	return {
		hear(event) {
			run.hear(event);
			for (const part of parts) part.hear(event);
		},
		async close() {
			await Promise.all(parts.map((part) => part.close()));
		},
	};
}

interface Around {
	readonly session: Session;
	readonly host: Host;
	readonly own: Own;
}

async function startServer(
	{ stateOf }: FollowedRun,
	{ host, own, session }: Around,
): Promise<Listeners | undefined> {
	const address = listenAddressOf(session.telemetry);
	if (address === undefined) return undefined;
	const { serve } = await import("../observe/serve.ts");
	const facts = factsOf(host);
	const metrics = createRunMetrics(facts, stateOf);
	const endpoints = createEndpoints({ facts, stateOf, registry: metrics.then(({ registry }) => registry) });
	const serving = await serve(address, endpoints);
	if (serving === undefined) {
		const cure = "Give this run an address of its own: --metrics ADDR; or none: --metrics none.";
		const text = `another process listens at ${showListenAddress(address)}, so that the metrics of this run are not served`;
		host.log("warn", text, { event: "metrics.unserved", lines: fixLines(cure), cure });
		return undefined;
	}
	own.signals.beforeEnd(serving.close);
	host.log("info", `metrics are served at ${showListenAddress(serving.address)}`, {
		event: "metrics.served",
	});
	return {
		hear: (event) => {
			if ("resolutions" in event)
				void metrics.then((known) => countQuestions(entriesOf(event.resolutions), known));
		},
		close: async () => serving.close(),
	};
}

async function startTextfile(
	{ stateOf }: FollowedRun,
	{ telemetry: { textfile } }: Session,
	host: Host,
): Promise<Listeners | undefined> {
	if (textfile === undefined) return undefined;
	const file = resolve(host.cwd, textfile);
	// By this the series of several files differ, which node_exporter joins.
	const labels = { run: basename(file, TEXTFILE_END) };
	const metrics = await createRunMetrics(factsOf(host), stateOf, labels);
	const write = async () => writeTextfile(file, await metrics.registry.metrics(), host.process.pid);
	await write();
	let written = Promise.resolve();
	return {
		hear(event) {
			if ("resolutions" in event) countQuestions(entriesOf(event.resolutions), metrics);
			written = written.then(write).catch((error) => {
				reportProblem(host.log, { error, names: [] });
			});
		},
		close: () => written,
	};
}

function factsOf({ process }: Host): RunFacts {
	const { build, runtime, runtimeVersion } = buildOf(process);
	return { version: manifest.version, build, runtime: `${runtime} ${runtimeVersion}` };
}
