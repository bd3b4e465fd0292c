import { fixLines } from "../report.ts";
import type { Finding } from "./look.ts";

const MARKS = { ok: "✓", info: "·", warning: "!", error: "✗" } as const;
const WORDS = { ok: "ok", info: "info", warning: "warning", error: "error" } as const;

/** So many of one kind have their cure in full. */
const MAX_CURES = 3;

/** The findings as text for people, what is wrong last, where the eye is. */
export function showFindings(findings: readonly Finding[], isTerminal: boolean): string {
	const marks: Readonly<Record<Finding["severity"], string>> = isTerminal ? MARKS : WORDS;
	const width = Math.max(...findings.map(({ check }) => check.length));
	const lines = (["ok", "info", "warning", "error"] as const).flatMap((severity) => {
		const told = new Map<string, Set<string>>();
		return findings
			.filter((one) => one.severity === severity)
			.flatMap((one) => {
				const cures = told.get(kindOf(one)) ?? new Set();
				told.set(kindOf(one), cures);
				const [first = "", ...rest] = one.message.split("\n");
				return [
					`${marks[severity].padEnd(isTerminal ? 1 : 7)} ${one.check.padEnd(width)}  ${first}`,
					...[...rest, ...cureLines(one, cures)].map((line) => `    ${line}`),
				];
			});
	});
	return [...lines, "", summary(findings), ""].map(printable).join("\n");
}

// What was told already is not told again.
function cureLines({ cure }: Finding, told: Set<string>): readonly string[] {
	if (cure === undefined || told.has(cure) || told.size > MAX_CURES) return [];
	told.add(cure);
	return told.size > MAX_CURES ? ["fix: the same for the others; --json has each"] : fixLines(cure);
}

function kindOf({ check, code }: Finding): string {
	return `${check} ${code}`;
}

function summary(findings: readonly Finding[]): string {
	const count = (severity: Finding["severity"], word: string) => {
		const number = findings.filter((one) => one.severity === severity).length;
		return `${number === 0 ? "no" : number} ${word}${number === 1 ? "" : "s"}`;
	};
	return `${count("error", "error")}, ${count("warning", "warning")}`;
}

// What a server answers may stand in a finding, and must not steer the terminal.
function printable(line: string): string {
	return line.replace(/[\u0000-\u001f\u007f-\u009f]/g, "\uFFFD");
}
