import { chmodSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { LAUNCHER } from "../process/launch.ts";
import { findServers } from "./install.ts";

/** A PATH on which `dsta-run` is the build under test, and `vault` the command of Vault or OpenBao. */
export function pathWithPrograms(): string {
	const folder = mkdtempSync(join(tmpdir(), "dsta-run-programs-"));
	const words = LAUNCHER.map((word) => `'${word}'`).join(" ");
	writeFileSync(join(folder, "dsta-run"), `#!/bin/sh\nexec ${words} "$@"\n`);
	chmodSync(join(folder, "dsta-run"), 0o755);
	symlinkSync(findServers().vault, join(folder, "vault"));
	return [folder, process.env.PATH].join(delimiter);
}
