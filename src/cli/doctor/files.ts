import { statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { shellWord } from "../../backends/shell.ts";
import type { Setting } from "../../setting.ts";
import type { Finding, Look } from "./look.ts";
import type { Patient } from "./patient.ts";

/** Whether the files that hold secrets are this user's alone, and nobody else writes the map. */
export function lookAtFiles(patient: Patient): Look {
	return {
		check: "files",
		look() {
			const { cwd } = patient.host;
			const found = [...privateFiles(patient)].flatMap((file) =>
				checkPrivate(isAbsolute(file) ? file : join(cwd, file)),
			);
			const map = patient.hasMap ? checkMap(patient) : [];
			if (found.length + map.length > 0) return [...found, ...map];
			return [{ severity: "ok", message: "no other user reads the files of secrets, nor writes the map" }];
		},
	};
}

function privateFiles({ host: { env, home }, session: { envFile, map } }: Patient): ReadonlySet<string> {
	const { snapshot } = map;
	const auth = groupOf(map.backends.vault?.auth);
	const files = [
		envFile?.name,
		...(home === undefined ? [] : [join(home, ".vault-token"), join(home, ".aws", "credentials")]),
		env.AWS_SHARED_CREDENTIALS_FILE,
		env.VAULT_TOKEN_FILE,
		env.VAULT_CLIENT_KEY,
		auth.tokenFile,
		...["roleId", "secretId", "token", "password"].map((name) => groupOf(auth[name]).file),
		snapshot?.file,
		snapshot !== undefined && "file" in snapshot.key ? snapshot.key.file : undefined,
	];
	return new Set(files.filter((file): file is string => typeof file === "string" && file !== ""));
}

function groupOf(setting: Setting): { readonly [key: string]: Setting } {
	return typeof setting === "object" && !Array.isArray(setting)
		? (setting as { readonly [key: string]: Setting })
		: {};
}

/** What a platform mounts has its own rules, and its own readers. */
const MOUNTED = /^(?:\/var)?\/run\/(?:secrets|credentials)\//;

function checkPrivate(file: string): readonly Omit<Finding, "check">[] {
	const mode = modeOf(file);
	if (mode === undefined || (mode & 0o077) === 0 || MOUNTED.test(file)) return [];
	const others = (mode & 0o007) === 0 ? "its group" : "every user of this machine";
	return [
		{
			severity: "warning",
			message: `${file} holds secrets, and its mode ${octal(mode)} lets in ${others}`,
			cure: `chmod 600 ${shellWord(file)}`,
		},
	];
}

// Who writes the map says which secret goes where.
function checkMap({ host: { cwd }, session: { map } }: Patient): readonly Omit<Finding, "check">[] {
	const file = isAbsolute(map.file) ? map.file : join(cwd, map.file);
	const mode = modeOf(file);
	if (mode === undefined || (mode & 0o002) === 0) return [];
	return [
		{
			severity: "warning",
			message: `every user of this machine may write ${file}, and so choose where its secrets go (mode ${octal(mode)})`,
			cure: `chmod o-w ${shellWord(file)}`,
		},
	];
}

function modeOf(file: string): number | undefined {
	try {
		const stats = statSync(file);
		return stats.isFile() ? stats.mode & 0o777 : undefined;
	} catch {
		return undefined;
	}
}

function octal(mode: number): string {
	return `0${mode.toString(8)}`;
}
