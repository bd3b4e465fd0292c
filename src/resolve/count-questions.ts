import type { SecretMetrics } from "../observe/metrics.ts";
import type { Resolution } from "./resolve.ts";

/** Counts what the backends were asked for resolutions. */
export function countQuestions(
	resolutions: readonly Pick<Resolution, "attempts" | "kept">[],
	metrics: Pick<SecretMetrics, "observe">,
): void {
	for (const { attempts, kept } of resolutions)
		for (const { backend, durationMs, error, outcome } of (kept ?? { attempts }).attempts) {
			if (outcome === "not asked" || outcome === "not configured") continue;
			// One that has answered nobody is not asked again.
			if (outcome === "failed" && durationMs === 0) continue;
			metrics.observe({ backend, durationMs, status: error?.failureClass ?? outcome });
		}
}
