import type { Backend, ReadRequest } from "../../backends/backend.ts";
import type { BackendName } from "../../backends/registry.ts";
import { UNCONFIGURED, unconfigured } from "../../resolve/unconfigured.ts";
import type { Look } from "./look.ts";
import type { Patient } from "./patient.ts";
import { requestsByBackend } from "./requests.ts";

/** What there is to look at in the backends that the map asks. */
export async function looksAtBackends({ options, session }: Patient): Promise<readonly Look[]> {
	const looks: Look[] = [];
	const isWatched = typeof session.map.run.watch === "number";
	let isFallback = false;
	for (const [name, requests] of requestsByBackend(session, options)) {
		const backend = await session.backends.get(name).catch((error: unknown) => ({ error }));
		const check = `${name}.settings`;
		if (backend === undefined) looks.push({ check, look: () => lookAtNone(name, options.backend) });
		else if ("error" in backend) looks.push({ check, look: () => Promise.reject(backend.error) });
		else {
			looks.push(...(await looksAt(backend, requests, { isFallback, isWatched })));
			isFallback = true;
		}
	}
	return looks;
}

function lookAtNone(name: BackendName, named: BackendName | undefined): ReturnType<Look["look"]> {
	if (named === name) throw unconfigured(name, "--backend or DSTA_BACKEND names");
	return [{ severity: "info", message: `${name} is not configured: ${UNCONFIGURED[name]}`, backend: name }];
}

async function looksAt(
	backend: Backend,
	requests: readonly ReadRequest[],
	{ isFallback, isWatched }: { readonly isFallback: boolean; readonly isWatched: boolean },
): Promise<readonly Look[]> {
	// A run fails by one that is asked after others only where they lack something, which the check of the secrets shows.
	const severity = isFallback ? "warning" : "error";
	const all = (await backend.examinations?.(requests, isWatched)) ?? [
		{
			name: "answers",
			async look(signal: AbortSignal) {
				await backend.check(signal);
				return [{ severity: "ok" as const, message: `${backend.name} answers (${backend.description})` }];
			},
		},
	];
	return all.map(({ look, name }) => ({ check: `${backend.name}.${name}`, backend, severity, look }));
}
