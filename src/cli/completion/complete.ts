import { DstaError } from "../../errors.ts";
import { readOptions, scanWords, type Words } from "../scan.ts";
import { COMMANDS, type CommandName, isCommandName, OPTIONS, type OptionName } from "../usage.ts";

/** What may stand in the place of a word that is being typed. */
export interface Candidate {
	readonly text: string;
	/** What it is, in a few words. */
	readonly about: string;
}

/** What a shell is to offer: words, or something that it knows by itself. */
export type Completion =
	| { readonly kind: "words"; readonly words: readonly Candidate[] }
	| { readonly kind: "files" | "folders" }
	/** A command line of its own, which begins at this word. */
	| { readonly kind: "command"; readonly at: number };

/** The names that the map gives to complete with; nothing where there is none, or a wrong one. */
export interface KnownNames {
	readonly paths: readonly Candidate[];
	readonly variables: readonly Candidate[];
}

/** Reads them from the map that a line names, or from the default one. */
export type LoadNames = (map: string | undefined) => Promise<KnownNames>;

/** Completes the last of the words that follow the program's name. */
export async function complete(words: readonly string[], load: LoadNames): Promise<Completion> {
	const before = words.slice(0, -1);
	const current = words.at(-1) ?? "";
	const waiting = waitingOption(before);
	const scanned = scan(waiting === undefined ? before : before.slice(0, -1));
	if (scanned === undefined) return NOTHING;
	const [name = "run", ...operands] = scanned.operands.map(({ word }) => word);
	if (!isCommandName(name)) return NOTHING;
	const end = before.indexOf("--");
	if (end >= 0) return name === "run" ? { kind: "command", at: end + 1 } : NOTHING;
	if (waiting !== undefined) return valuesOf(waiting, { start: "", typed: current });
	const [start, attached] = /^--([\w-]+)=/.exec(current) ?? [];
	if (start !== undefined)
		return valuesOf(attached as OptionName, { start, typed: current.slice(start.length) });
	if (current.startsWith("-")) return matching(optionsFor(name, scanned.given), current);
	if (scanned.operands.length === 0) return matching(SUBCOMMANDS, current);
	const usual = COMMANDS[name].operands.split(" | ", 1)[0] as string;
	const places = scanned.given.has("diff") ? "FILE FILE NAME…" : usual;
	const place = placeholderAt(places, operands.length);
	return completePlaceholder(place, current, () => load(scanned.given.get("map")?.[0]));
}

const NOTHING: Completion = { kind: "words", words: [] };

const SUBCOMMANDS: readonly Candidate[] = Object.entries(COMMANDS).map(([text, { summary }]) => ({
	text,
	about: summary,
}));

// A line that is wrong already gets no help.
function scan(words: readonly string[]): Words | undefined {
	const end = words.indexOf("--");
	try {
		return scanWords(end < 0 ? words : words.slice(0, end));
	} catch (error) {
		if (error instanceof DstaError) return undefined;
		throw error;
	}
}

/** The option whose value comes next. */
function waitingOption(words: readonly string[]): OptionName | undefined {
	if (words.includes("--")) return undefined;
	const last = readOptions(words.at(-1) ?? "").at(-1);
	if (last?.name === undefined || last.attached !== undefined || !Object.hasOwn(OPTIONS, last.name))
		return undefined;
	const name = last.name as OptionName;
	return OPTIONS[name].value === undefined ? undefined : name;
}

function valuesOf(
	name: OptionName,
	{ start, typed }: { readonly start: string; readonly typed: string },
): Completion {
	if (!Object.hasOwn(OPTIONS, name)) return NOTHING;
	const { value, words = [] } = OPTIONS[name];
	if (value === "FILE") return { kind: "files" };
	return matching(
		words.map((word) => ({ text: start + word, about: "" })),
		start + typed,
	);
}

function optionsFor(command: CommandName, given: Words["given"]): readonly Candidate[] {
	const names = (Object.keys(OPTIONS) as OptionName[]).filter((name) => {
		const { commands, repeatable } = OPTIONS[name];
		return (commands?.includes(command) ?? true) && (repeatable === true || !given.has(name));
	});
	const end = command === "run" ? [{ text: "--", about: "the command follows" }] : [];
	return [...end, ...names.map((name) => ({ text: `--${name}`, about: OPTIONS[name].summary }))];
}

/** What the help has in the place of a word: `[PATH|NAME…]` is `PATH|NAME` for each. */
function placeholderAt(operands: string, index: number): string {
	// What stands behind a bar is another form of the command.
	const places = (operands.split(" | ")[0] as string).split(" ");
	const place = places[Math.min(index, places.length - 1)] as string;
	return index < places.length || place.includes("…") ? place.replace(/[[\]…]/g, "") : "";
}

async function completePlaceholder(
	place: string,
	current: string,
	load: () => Promise<KnownNames>,
): Promise<Completion> {
	if (place === "DIR") return { kind: "folders" };
	if (place === "FILE") return { kind: "files" };
	if (place === "SUBCOMMAND") return matching(SUBCOMMANDS, current);
	const alternatives = place.split("|");
	const words = alternatives
		.filter((word) => /^(?:--|[a-z]+)$/.test(word))
		.map((text) => ({ text, about: "" }));
	const needsMap = alternatives.some((word) => ["PATH", "PREFIX", "NAME"].includes(word));
	const { paths, variables } = needsMap ? await load() : { paths: [], variables: [] };
	const named = [
		...(alternatives.includes("PATH") ? paths : []),
		...(alternatives.includes("PREFIX") ? foldersOf(paths) : []),
		...(alternatives.includes("NAME") ? variables : []),
	];
	return matching([...words, ...named], current);
}

function foldersOf(paths: readonly Candidate[]): readonly Candidate[] {
	const named = paths.filter(({ text }) => !text.startsWith("arn:"));
	const folders = named.flatMap(({ text }) => {
		const segments = text.split("#", 1)[0]?.split("/") ?? [];
		return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join("/"));
	});
	return [...new Set(folders)].map((text) => ({ text, about: "" }));
}

function matching(candidates: readonly Candidate[], typed: string): Completion {
	return { kind: "words", words: candidates.filter(({ text }) => text.startsWith(typed)) };
}
