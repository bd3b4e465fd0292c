import { basename } from "node:path";
import type { SourceKind } from "../usage.ts";
import type { Draft } from "./draft.ts";

/** What a reader is given beside the text. */
export interface ReadOptions {
	/** How messages name the file. */
	readonly file: string;
	readonly section: string | undefined;
}

/** Makes a draft of a text. */
export type ReadSource = (text: string, options: ReadOptions) => Draft;

/** The reader of each kind; its code is loaded when it is called. */
export const READERS: Readonly<Record<SourceKind, () => Promise<ReadSource>>> = {
	dotenv: async () => (await import("./dotenv.ts")).readDotenv,
	envconsul: async () => (await import("./envconsul.ts")).readEnvconsul,
	summon: async () => (await import("./summon.ts")).readSummon,
	vaultenv: async () => (await import("./vaultenv.ts")).readVaultenv,
	chamber: async () => (await import("./chamber.ts")).readChamber,
	teller: async () => (await import("./teller.ts")).readTeller,
	vals: async () => (await import("./vals.ts")).readVals,
};

/** The kind of a source, by what is in it; what looks like nothing else is a dotenv file. */
export function recogniseKind(text: string, file: string): SourceKind {
	const name = basename(file);
	if (/^\.env\b|\.env$/.test(name)) return "dotenv";
	const lines = text.split("\n").map((line) => line.trim());
	const said = lines.filter((line) => line !== "" && !line.startsWith("#"));
	if (/^VERSION\s+2$/.test(said[0] ?? "") || (said.length > 0 && said.every(isVaultenv))) return "vaultenv";
	if (/^providers:/m.test(text)) return "teller";
	if (/^[^\n#]*:\s+!(?:var|file|str|default)\b/m.test(text) || /^secrets\.ya?ml$/.test(name)) return "summon";
	if (/^[^\S\n]*["']?[\w.-]+["']?\s*:\s+["']?(?:secret)?ref\+/m.test(text)) return "vals";
	if (
		/^\s*\{/.test(text) ||
		/^[^\S\n]*"?(?:secret|prefix|vault|consul|exec)"?\s*(?:[=:]\s*)?[[{]/m.test(text)
	)
		return "envconsul";
	return /\bchamber\b[\s\S]{0,300}?\bexec\b/.test(text) ? "chamber" : "dotenv";
}

function isVaultenv(line: string): boolean {
	return /^(?:[A-Za-z_]\w*=)?[^\s#=]+#[^\s#=]+$/.test(line);
}
