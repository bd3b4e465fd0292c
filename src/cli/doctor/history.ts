import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { isWildcard } from "../../map/secret-map.ts";
import type { Finding, Look } from "./look.ts";
import type { Patient } from "./patient.ts";

const FILES = [".bash_history", ".zsh_history", ".ash_history", ".local/share/fish/fish_history"];

/** So much of the end of a file is looked at. */
const MAX_BYTES = 1024 * 1024;
const MAX_LISTED = 5;

/** Whether secrets were typed into a shell that keeps them. What was typed is not shown, only where and as what. */
export function lookAtHistory(patient: Patient): Look {
	return {
		check: "history",
		look() {
			const { env, home } = patient.host;
			const files = new Set([
				...(home === undefined ? [] : FILES.map((file) => join(home, file))),
				env.HISTFILE ?? "",
			]);
			const patterns = patternsFor(patient);
			const found = [...files].filter(Boolean).flatMap((file) => search(file, patterns));
			return found.length > 0
				? found
				: [{ severity: "ok", message: "no secret was seen in the history of a shell" }];
		},
	};
}

/** What is looked for, and how it is named. The first group, where there is one, is the name. */
type Pattern = readonly [pattern: RegExp, name: (match: RegExpExecArray) => string];

const LOGINS =
	"VAULT_TOKEN|BAO_TOKEN|VAULT_SECRET_ID|VAULT_WRAPPED_TOKEN|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN";

function patternsFor({ session: { map } }: Patient): readonly Pattern[] {
	const names = [
		...map.entries.filter((entry) => !isWildcard(entry)).flatMap((entry) => entry.names),
		...(map.templates ?? []).map(({ name }) => name),
	];
	// What comes out of a command or of another variable is no secret by itself.
	const assignment = new RegExp(`\\b(${[LOGINS, ...names].join("|")})=(?!["']?(?:[$\`<]|["']?(?:\\s|$)))`);
	return [
		[assignment, ([, name]) => `${name}=`],
		[/\bdsta-run\s+put\b.*\s(?!--)[\w.-]+=(?![-@$`]|["'][-@$`]|\s|$)/, () => "dsta-run put KEY=VALUE"],
		[
			/\b(vault|bao)\s+(?:kv\s+(?:put|patch)|write)\b.*\s(?!-)[\w.-]*(?:pass|secret|key|token)[\w.-]*=(?![-@$`]|["'][$`]|\s|$)/i,
			([, program]) => `${program} kv put KEY=VALUE`,
		],
		[/\b(vault|bao)\s+login\b.*\s(?:token=)?(?:hv[sb]|s)\.\w/, ([, program]) => `${program} login TOKEN`],
		[
			/\baws\s+secretsmanager\s+(?:put-secret-value|create-secret)\b.*--secret-string[= ](?!["']?(?:file:|\$))/,
			() => "aws secretsmanager --secret-string",
		],
	];
}

function search(file: string, patterns: readonly Pattern[]): readonly Omit<Finding, "check">[] {
	const end = readEnd(file);
	if (end === undefined) return [];
	const hits = end.text.split("\n").flatMap((line, index) => {
		const [first] = patterns.flatMap(([pattern, name]) => {
			const match = pattern.exec(line);
			return match === null ? [] : [name(match)];
		});
		return first === undefined ? [] : [{ line: index + 1, name: first }];
	});
	if (hits.length === 0) return [];
	const where = end.isWhole ? "line" : "line (of its last MiB)";
	const listed = hits.slice(0, MAX_LISTED).map(({ line, name }) => `${where} ${line}: ${name}`);
	const more = hits.length > MAX_LISTED ? `, and ${hits.length - MAX_LISTED} more` : "";
	return [
		{
			severity: "warning",
			message: `${file} seems to hold secrets that were typed: ${listed.join(", ")}${more}`,
			cure: "Take those lines out (an editor, or history -d LINE), and give the secrets new values if others may have read them. dsta-run put takes a value from a prompt (KEY), a file (KEY=@FILE) or standard input (KEY=-).",
		},
	];
}

function readEnd(file: string): { readonly text: string; readonly isWhole: boolean } | undefined {
	let descriptor: number | undefined;
	try {
		descriptor = openSync(file, "r");
		const stats = fstatSync(descriptor);
		if (!stats.isFile()) return undefined;
		const start = Math.max(0, stats.size - MAX_BYTES);
		const buffer = Buffer.alloc(Math.min(stats.size, MAX_BYTES));
		const length = readSync(descriptor, buffer, 0, buffer.length, start);
		return { text: buffer.toString("utf8", 0, length), isWhole: start === 0 };
	} catch {
		return undefined;
	} finally {
		if (descriptor !== undefined) closeSync(descriptor);
	}
}
