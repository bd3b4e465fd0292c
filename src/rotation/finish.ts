import { setTimeout as sleep } from "node:timers/promises";
import { DstaError } from "../errors.ts";
import type { RotateSettings } from "../map/secret-map.ts";
import type { STEPS, StepResult } from "./checklist.ts";
import { MARGIN_MS } from "./claim.ts";
import { HOOK_MS, runHook } from "./hook.ts";
import { DEFAULT_WAIT_MS, waitForInstances } from "./instances.ts";
import type { RotationRecord } from "./record.ts";
import type { Target } from "./target.ts";
import {
	conclude,
	concludeFailed,
	factsOf,
	type Rotated,
	rotatedOf,
	showProgress,
	type Work,
} from "./work.ts";

/** The steps that follow the write. */
export type LaterStep = (typeof LATER_STEPS)[number];
const LATER_STEPS = [
	"restart",
	"verify",
	"revoke",
	"document",
] as const satisfies readonly (typeof STEPS)[number][];

/** So long a grace is waited for; a longer one is left to a later call. */
export const WAITED_GRACE_MS = 60_000;

/**
 * Does what is left of a rotation whose new value is written. A step that fails leaves the record where it is, to be resumed.
 * @throws {DstaError} DSTA_ROTATION a step failed · DSTA_CONFLICT somebody else has taken it over
 */
export async function finish(
	work: Work,
	from: LaterStep,
	isGraceOver = work.job.revokesNow ?? false,
): Promise<Rotated> {
	const { claim, job } = work;
	for (const step of LATER_STEPS.slice(LATER_STEPS.indexOf(from))) {
		const action = ACTIONS[step](job.settings, work);
		if (typeof action === "string") {
			await conclude(work, { step, outcome: "skipped", detail: action });
			continue;
		}
		if (step === "revoke" && !isGraceOver) {
			const graceMs = job.settings.revoke?.afterMs ?? 0;
			if (graceMs > WAITED_GRACE_MS) return leaveToLater(work, graceMs);
			await waitGrace(work, graceMs);
		}
		await doStep(work, step, { ...action, recordStep: step });
	}
	await claim.leave({ ...claim.record, step: "done", at: new Date() });
	return rotatedOf(work);
}

/** What is known of a rotation whose old value is not to be revoked yet. */
export function graceOf({ backend, current, path, secret }: Target, record: RotationRecord): Rotated {
	const { id, newVersion, oldVersion, until } = record;
	const location = current?.location ?? secret;
	const facts = { id, path: path.text, backend: backend.name, location, oldVersion, newVersion };
	return { ...facts, steps: [laterRevoke(until)], revokeAt: until };
}

/** Has those who use the value take the one that was put back. */
export async function restartAfterRollback(work: Work): Promise<void> {
	const action = ACTIONS.restart(work.job.settings, work);
	if (typeof action !== "string") await doStep(work, "restart", { ...action, recordStep: "rollback" });
}

interface Action {
	/** How long it may take at most. */
	readonly limitMs: number;
	/** Does it; answers what was done in words. */
	readonly run: () => Promise<string>;
}

/** What is to be done in each step, or why nothing is. */
const ACTIONS: Readonly<Record<LaterStep, (settings: RotateSettings, work: Work) => Action | string>> = {
	restart(settings, work) {
		const { restart } = settings;
		if (restart === undefined) return "no hook: who does not watch it has to be restarted by hand";
		if ("command" in restart) return hookAction(work, "restart", restart.command);
		const { timeoutMs: waitMs = DEFAULT_WAIT_MS, waitFor: addresses } = restart;
		const version = work.claim.record.newVersion ?? work.target.current?.version;
		if (version === undefined)
			return `${work.target.backend.name} counts no versions that instances could tell of`;
		const onProgress = (detail: string) => showProgress(work, "restart", detail);
		const { signal, timeoutMs } = work.job;
		const run = () =>
			waitForInstances(work.target, { addresses, version, waitMs, timeoutMs, signal, onProgress });
		return { limitMs: waitMs, run };
	},
	verify(settings, work) {
		return settings.verify === undefined
			? "no hook: see for yourself that it works"
			: hookAction(work, "verify", settings.verify.command);
	},
	revoke(settings, work) {
		if (work.claim.record.isRevoked) return "done already";
		return settings.revoke === undefined
			? "no hook: the old one is valid until it is revoked where it came from"
			: hookAction(work, "revoke", settings.revoke.command);
	},
	document(_, { job }) {
		return job.record === undefined
			? "no audit file is named"
			: { limitMs: 0, run: async () => "written to the audit log" };
	},
};

function hookAction(work: Work, step: LaterStep, command: readonly [string, ...string[]]): Action {
	return {
		limitMs: HOOK_MS,
		run: async () => {
			await runHook({ step, command, facts: factsOf(work) }, work.job);
			return command[0];
		},
	};
}

interface StepAction extends Action {
	/** What the record says meanwhile, and from where it is resumed. */
	readonly recordStep: RotationRecord["step"];
}

async function doStep(work: Work, step: LaterStep, { limitMs, recordStep, run }: StepAction): Promise<void> {
	const { claim } = work;
	try {
		await claim.update({ step: recordStep }, limitMs + MARGIN_MS);
		showProgress(work, step, "");
		const detail = await run();
		if (step === "revoke") await claim.update({ isRevoked: true }, MARGIN_MS);
		await conclude(work, { step, outcome: "done", detail });
	} catch (error) {
		await concludeFailed(work, step, error);
		await claim.leave({ ...claim.record, until: new Date() }).catch(() => undefined);
		throw error instanceof DstaError && error.code !== "DSTA_CONFLICT" ? withWayOut(error, work) : error;
	}
}

async function waitGrace(work: Work, graceMs: number): Promise<void> {
	if (graceMs === 0) return;
	const { claim, job } = work;
	// The margin leaves it to us, as long as we are there.
	await claim.update({ step: "grace" }, graceMs + MARGIN_MS);
	showProgress(work, "revoke", `in ${Math.ceil(graceMs / 1000)} s`);
	await sleep(graceMs, undefined, job.signal === undefined ? {} : { signal: job.signal });
}

async function leaveToLater(work: Work, graceMs: number): Promise<Rotated> {
	const until = new Date(Date.now() + graceMs);
	await work.claim.update({ step: "grace", until }, 0);
	await conclude(work, laterRevoke(until));
	return { ...rotatedOf(work), revokeAt: until };
}

function laterRevoke(until: Date): StepResult {
	return {
		step: "revoke",
		outcome: "later",
		detail: `after ${until.toISOString()}, by dsta-run rotate --due`,
	};
}

function withWayOut(
	{ backend = "", code, cure, message }: DstaError,
	{ claim: { record }, target }: Work,
): DstaError {
	const path = target.path.text;
	if (record.step === "rollback")
		return new DstaError(code, message, {
			backend,
			path,
			cure: `${cure}\nThe old value is in place. To go on: dsta-run rotate --rollback ${path}`,
		});
	const version = record.newVersion === undefined ? "" : ` as version ${record.newVersion}`;
	return new DstaError(code, message, {
		backend,
		path,
		cure: `${cure}\nThe new value is in place${version}. To go on: dsta-run rotate --resume ${path}\nTo put the old value back: dsta-run rotate --rollback ${path}`,
	});
}
