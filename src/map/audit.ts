import { complain, countUpTo, mappingOf, type Reader, readWord } from "./fields.ts";
import type { AuditSettings } from "./secret-map.ts";

const readSize: Reader<number> = (node, label, context) => {
	const text = readWord(node, label, context);
	const [, digits, unit = ""] = /^(\d{1,9})([kMG]?)$/.exec(text ?? "") ?? [];
	const bytes = Number(digits) * (UNITS[unit] as number);
	if (text === undefined || bytes >= LEAST_BYTES) return text === undefined ? undefined : bytes;
	return complain(node, `${label} must be a size of 4k or more: 512k, 10M, 1G`, context);
};

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
const LEAST_BYTES = 4096;

// The next file names the head of the one before, which has to be there.
const readKeep: Reader<number> = (node, label, context) => {
	const count = countUpTo(1000)(node, label, context);
	return count === 0 ? complain(node, `${label} must be at least 1`, context) : count;
};

export const AUDIT = { file: readWord, max_size: readSize, keep: readKeep };

/** `audit: FILE`, or `{ file: FILE, max_size: 10M, keep: 5 }`. */
export const readAudit: Reader<AuditSettings> = (node, label, context) => {
	if (node.kind !== "mapping") {
		const file = readWord(node, label, context);
		return file === undefined ? undefined : { file };
	}
	const before = context.problems.count;
	const { file, keep, max_size: maxBytes } = mappingOf(AUDIT)(node, label, context) ?? {};
	if (context.problems.count > before) return undefined;
	if (file === undefined) return complain(node, `${label} needs a file: /var/log/dsta/audit.jsonl`, context);
	return { file, ...(keep === undefined ? {} : { keep }), ...(maxBytes === undefined ? {} : { maxBytes }) };
};
