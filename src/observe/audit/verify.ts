import { advance, type End, isUnchanged, type Link, NO_HEAD, parseLine } from "./chain.ts";
import { readLines } from "./lines.ts";
import { Recent } from "./recent.ts";

/** A line of a log. */
export interface Place {
	readonly file: string;
	/** From 1. */
	readonly line: number;
}

/** What is wrong at a line. */
export interface Fault extends Place {
	readonly kind: FaultKind;
	readonly message: string;
}

const FAULTS = {
	changed: "is not as it was written",
	foreign: "is no record of an audit log",
	twice: "stands there a second time",
	removed: "follows a line that is not there: it was removed, or is another now",
	moved: "stands before a line that it follows: lines were moved",
	inserted: "does not follow what stands before it: something was put in",
	beginning: "is not the first that its file had: what stood before it was removed",
} as const;

type FaultKind = keyof typeof FAULTS;

/** One file of a log. */
export interface VerifiedFile {
	readonly file: string;
	readonly records: number;
	/** When its first and its last record were written. */
	readonly first: string | undefined;
	readonly last: string | undefined;
}

/** What became of a log since it was written. */
export interface Verdict {
	readonly files: readonly VerifiedFile[];
	/** What the first line is the first of; `undefined`: there is none. */
	readonly begins: string | undefined;
	/** How many chains there are: one, or of a stream one for each process that has written to it. */
	readonly chains: number;
	/** By which all lines of the last chain can be told from any others. */
	readonly head: string;
	/** The line after which the head was the expected one. */
	readonly expectedAt: Place | undefined;
	/** Lines that were only begun when their writer was killed. */
	readonly cut: readonly Place[];
	/** The first of them; `faultCount` counts all. */
	readonly faults: readonly Fault[];
	readonly faultCount: number;
}

const MAX_LISTED = 100;

/** Reads the files of a log, the oldest first, and finds what was changed, removed or moved in them. */
export function verifyAudit(files: readonly string[], expected?: string): Verdict {
	const check = startCheck(expected);
	const verified = files.map((file): VerifiedFile => {
		let records = 0;
		let first: string | undefined;
		let last: string | undefined;
		let line = 0;
		for (const bytes of readLines(file)) {
			line++;
			const { prev, time } = check.look(bytes, { file, line });
			if (prev === undefined) continue;
			records++;
			first ??= time;
			last = time;
		}
		return { file, records, first, last };
	});
	return { files: verified, ...check.verdict() };
}

interface Check {
	look(bytes: Buffer, place: Place): Link;
	verdict(): Omit<Verdict, "files">;
}

function startCheck(expected: string | undefined): Check {
	const heads = new Recent();
	const hashes = new Recent();
	const faults: Fault[] = [];
	const cut: Place[] = [];
	/** Where in `faults` a line stands that follows none, by what it follows, which may come later. */
	const orphans = new Map<string, number>();
	let faultCount = 0;
	/** From a fault on until the order is found again: what follows it is not at fault itself. */
	let isDisturbed = false;
	let chains = 0;
	let begins: string | undefined;
	let expectedAt: Place | undefined;
	let end: End = { head: NO_HEAD, last: undefined };

	function startChain({ begins: ofLine, prev = NO_HEAD }: Link): void {
		if (chains++ === 0) begins = ofLine;
		// Whatever is no beginning has to follow something, be it a line that was only begun.
		if (ofLine !== undefined) heads.add(prev);
	}

	function findFault(link: Link, bytes: Buffer, { line }: Place): FaultKind | undefined {
		const { begins: ofLine, hash, prev } = link;
		if (prev === undefined) return isCut(bytes) ? undefined : "foreign";
		if (!isUnchanged(bytes, link)) return "changed";
		if (hashes.has(hash)) return "twice";
		if (line === 1 && ofLine === undefined) return "beginning";
		if (heads.has(prev)) return undefined;
		return hashes.has(prev) ? "inserted" : "removed";
	}

	function note(kind: FaultKind, { prev = NO_HEAD }: Link, place: Place): void {
		faultCount++;
		isDisturbed = true;
		if (faults.length >= MAX_LISTED) return;
		if (kind === "removed") orphans.set(prev, faults.length);
		faults.push({ ...place, kind, message: FAULTS[kind] });
	}

	function findParent({ hash }: Link): void {
		const index = orphans.get(hash);
		if (index === undefined) return;
		orphans.delete(hash);
		faults[index] = { ...(faults[index] as Fault), kind: "moved", message: FAULTS.moved };
	}

	return {
		look(bytes, place) {
			const link = parseLine(bytes);
			const { prev } = link;
			if (prev !== undefined && (chains === 0 || isNewStream(link))) startChain(link);
			const kind = findFault(link, bytes, place);
			if (kind !== undefined) note(kind, link, place);
			else if (prev === undefined && cut.length < MAX_LISTED) cut.push(place);
			findParent(link);
			end = advance(place.line === 1 ? { ...end, last: undefined } : end, link);
			heads.add(end.head as string);
			if (isDisturbed) heads.add(link.hash);
			if (end.head === link.hash) isDisturbed = false;
			hashes.add(link.hash);
			if (end.head === expected) expectedAt = place;
			return link;
		},
		verdict: () => ({ begins, chains, head: end.head as string, expectedAt, cut, faults, faultCount }),
	};
}

function isNewStream({ begins, prev }: Link): boolean {
	return begins === "stream" && prev === NO_HEAD;
}

const BEGINNING = '{"time":"';
const ENDING = /,"hash":"[0-9a-f]{64}"\}/;
/** What a power loss may leave behind what was written last. */
const ZEROS = /\0+$/;

// Its writer was killed: a part of a record from its beginning on, which never holds the end of one.
function isCut(bytes: Buffer): boolean {
	const text = bytes.toString("latin1");
	const beginning = text.slice(0, BEGINNING.length).replace(ZEROS, "");
	return BEGINNING.startsWith(beginning) && !text.endsWith("}") && !ENDING.test(text);
}
