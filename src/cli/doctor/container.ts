import { existsSync } from "node:fs";

/** Whether this runs in a container, as far as container engines tell. */
export function isInContainer(): boolean {
	return ["/.dockerenv", "/run/.containerenv", "/var/run/secrets/kubernetes.io"].some((file) =>
		existsSync(file),
	);
}
