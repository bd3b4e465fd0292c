import { isName } from "../../map/names.ts";
import { parseSecretPath } from "../../secret-path.ts";

/** Where a value lies that another tool takes, and how it takes it. */
export interface Place {
	/** As a map writes it. */
	readonly path: string;
	readonly backend?: "vault" | "aws";
	/** The mount of Vault that it lies in. */
	readonly mount?: string;
	readonly namespace?: string;
	readonly region?: string;
	readonly version?: string;
	readonly optional?: boolean;
	readonly decode?: "base64";
	readonly as?: "file";
}

/** A line of the map to be: its variables, or for a path that ends in `/*` one pattern. */
export interface DraftLine extends Place {
	readonly names: readonly string[];
}

/** Why a map does not say something in place of the other tool. */
export interface Reason {
	/** The end of a sentence that begins with what it is about. */
	readonly why: string;
	/** What to do about it, as an order. */
	readonly instead: string;
}

export interface LeftOut extends Reason {
	readonly what: string;
	/** Where it stands in the source. */
	readonly line: number;
}

/** What a map is written from. No value of the source is in it. */
export interface Draft {
	readonly lines: readonly DraftLine[];
	readonly leftOut: readonly LeftOut[];
	/** What its reader has to know: whole sentences. */
	readonly notes: ReadonlySet<string>;
	readonly settings: DraftSettings;
}

export interface DraftSettings {
	address?: string;
	/** Empty: none. */
	namespace?: string;
	/** Whether the source holds references, which the environment backend would take for values. */
	hasReferences?: boolean;
	pristine?: boolean;
	pass?: readonly string[];
	strip?: readonly string[];
	killAfter?: string;
}

/** Collects a draft while a source is read. */
export interface DraftBuilder extends Draft {
	/**
	 * Gives a variable its line, or leaves it out where there is a reason to, or no map can have it. Of two lines for one variable
	 * the later wins, as in the other tools.
	 */
	add(name: string, found: Place | Reason, line: number): void;
	leave(what: string, reason: Reason, line: number): void;
	note(sentence: string): void;
}

export function createDraft(): DraftBuilder {
	const lines: DraftLine[] = [];
	const leftOut: LeftOut[] = [];
	const notes = new Set<string>();

	function leave(what: string, { instead, why }: Reason, line: number): void {
		leftOut.push({ what, why, instead, line });
	}

	function release(name: string, line: number): void {
		const index = lines.findIndex(({ names }) => names.includes(name) && !name.endsWith("*"));
		const former = lines[index];
		if (former === undefined) return;
		const names = former.names.filter((other) => other !== name);
		lines.splice(index, 1, ...(names.length === 0 ? [] : [{ ...former, names }]));
		leave(name, { why: TWICE, instead: `see which is meant: the former was ${former.path}` }, line);
	}

	return {
		lines,
		leftOut,
		notes,
		settings: {},
		leave,
		note: (sentence) => void notes.add(sentence),
		add(name, found, line) {
			const reason = "why" in found ? found : faultOf(name, found);
			if (reason !== undefined || "why" in found)
				return leave(name === "*" ? "a wildcard" : name, reason as Reason, line);
			release(name, line);
			const index = lines.findIndex((other) => isSamePlace(other, found));
			const twin = lines[index];
			const path = twin === undefined ? freePath(found.path, lines) : found.path;
			const isPattern = name.endsWith("*");
			if (path === undefined || (isPattern && twin !== undefined)) {
				if (!twin?.names.includes(name)) leave(`${name}, of ${found.path},`, TAKEN, line);
			} else if (twin === undefined) lines.push({ ...found, path, names: [name] });
			else lines[index] = { ...twin, names: [...twin.names, name] };
		},
	};
}

const TWICE = "is set twice, and the latter was taken";

const TAKEN = {
	why: "has a path that another line has, which a map allows once",
	instead: "write a line for each of its keys, or give one of the secrets another path",
};

/** A note on wildcards of a tool that leaves the names of keys as they are. */
export function noteOnCapitals(tool: string): string {
	return `A wildcard writes the names of keys in capitals, and ${tool} does not. A key that is not in capitals, and whose variable must not be, needs a line of its own.`;
}

/** The line, counted from 1, that an offset of a text is in. */
export function lineAt(text: string, offset: number): number {
	return text.slice(0, offset).split("\n").length;
}

function faultOf(name: string, { path }: Place): Reason | undefined {
	try {
		const isAll = parseSecretPath(path).selector.kind === "all";
		if (isAll ? name === "*" || isName(name.replace(/\*$/, "")) : isName(name)) return undefined;
		return {
			why: "is no name that a variable can have (letters, digits and _, no digit first)",
			instead: `choose another name and write the line by hand: ${path}: NAME`,
		};
	} catch {
		return {
			why: "has a path that is none here",
			instead: "write the line by hand: folder/secret/field: NAME",
		};
	}
}

// A path that lies elsewhere for another line can be written in a second way.
function freePath(path: string, lines: readonly DraftLine[]): string | undefined {
	const ways = path.includes("#") || path.endsWith("/*") ? [path] : [path, path.replace(/\/([^/]+)$/, "#$1")];
	return ways.find((way) => lines.every((other) => other.path !== way));
}

function isSamePlace({ names: _, ...one }: DraftLine, other: Place): boolean {
	return JSON.stringify(one) === JSON.stringify(other);
}
