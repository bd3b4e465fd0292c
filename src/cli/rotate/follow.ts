import type { Journal, StepResult } from "../../rotation/checklist.ts";
import type { Host } from "../host.ts";
import { startProgress } from "../progress.ts";

/** The steps of a rotation, as somebody at a terminal follows them. */
export interface Followed {
	readonly journal: Journal;
	/** What became of the steps so far. */
	readonly seen: readonly StepResult[];
	stop(): void;
}

export function followSteps({ log, terminal }: Pick<Host, "log" | "terminal">): Followed {
	let doing = "looking";
	const seen: StepResult[] = [];
	const progress = startProgress(terminal, () => doing);
	return {
		journal: {
			onProgress(step, detail, { path }) {
				doing = `${path}: ${step}${detail === "" ? "" : `: ${detail}`}`;
			},
			onResult(result, { path }) {
				seen.push(result);
				doing = `${path}: ${result.step} ${result.outcome}`;
				log("info", `${path}: ${result.step} ${result.outcome}: ${result.detail}`, {
					event: "rotation.step",
					path,
				});
			},
		},
		seen,
		stop: () => progress.stop(),
	};
}
