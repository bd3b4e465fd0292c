import { existsSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { BACKEND_NAMES } from "../../backends/registry.ts";
import { DstaError } from "../../errors.ts";
import { MAX_MAP_BYTES, parseSecretMap } from "../../map/parse.ts";
import { readYaml } from "../../map/yaml.ts";
import type { CommandResult, Host } from "../host.ts";
import type { Draft } from "../init/draft.ts";
import { READERS, recogniseKind } from "../init/kinds.ts";
import { modelineFor } from "../init/modeline.ts";
import { describeLeftOut, renderMap } from "../init/render.ts";
import { usage } from "../mistakes.ts";
import type { CommandLine } from "../options.ts";
import { fixLines } from "../report.ts";
import { loadSourceFile } from "../source-file.ts";

/**
 * Writes a map from the names of a dotenv file or from what another tool is configured with, and says what is not in it.
 * @throws {DstaError} DSTA_USAGE there is a map already · DSTA_FILE_NOT_FOUND there is no such source · DSTA_CONFIG it cannot be
 * read, or the map not written · DSTA_INVALID_VALUE no line could be made of it
 */
export async function init({ options }: CommandLine, host: Host): Promise<CommandResult> {
	const { dryRun, force, from = ".env", map: file = "secrets.map.yaml", section } = options;
	const path = isAbsolute(file) ? file : join(host.cwd, file);
	if (!dryRun && !force && existsSync(path)) throw alreadyThere(file);
	const text = (await loadSourceFile(from, host.cwd, checkSize)).content.replace(/^\uFEFF/, "");
	const kind = options.kind ?? recogniseKind(text, from);
	if (section !== undefined && kind !== "summon")
		throw usage(
			`--section is for summon, and ${from} is of the kind ${kind}`,
			"Leave it out, or name the kind: --kind summon.",
		);
	const readSource = await READERS[kind]();
	const draft = readSource(text, { file: from, section });
	reportLeftOut(draft, host);
	if (draft.lines.length === 0)
		throw new DstaError("DSTA_INVALID_VALUE", `No line of a map could be made of ${from} (${kind})`, {
			cure: "See above what was left out; name the kind of the file with --kind if it was taken for another.",
		});
	const map = `${modelineFor(path)}\n${renderMap(draft, `${from} (${kind})`)}`;
	// Read as a run would, so that none is written that is wrong.
	parseSecretMap(map, { file, backends: BACKEND_NAMES, readRoot: readYaml });
	if (dryRun) return { status: 0, output: map };
	write(path, map, { file, force });
	const { length } = draft.lines;
	return {
		status: 0,
		output: `wrote ${file}: ${length} ${length === 1 ? "entry" : "entries"} from ${from} (${kind}). Next: dsta-run check, and dsta-run migrate for values that are still in a file\n`,
	};
}

// What follows may take a multiple of its size, and a map cannot be larger.
function checkSize(text: string, name: string): string {
	if (text.length <= MAX_MAP_BYTES) return text;
	throw new DstaError("DSTA_CONFIG", `${name} is larger than 1 MiB (${MAX_MAP_BYTES} characters)`, {
		cure: "Name the right file with --from.",
	});
}

function alreadyThere(file: string): DstaError {
	return usage(
		`${file} exists already`,
		"Name another with --map, overwrite it with --force, or only look: --dry-run.",
	);
}

function reportLeftOut({ leftOut, notes }: Draft, { log }: Host): void {
	for (const one of leftOut)
		log("warn", `left out: ${describeLeftOut(one)}`, {
			event: "init.left-out",
			lines: fixLines(one.instead),
			cure: one.instead,
		});
	for (const note of notes) log("warn", note, { event: "init.note" });
}

function write(
	path: string,
	text: string,
	{ file, force }: { readonly file: string; readonly force: boolean },
): void {
	try {
		writeFileSync(path, text, { flag: force ? "w" : "wx" });
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === undefined) throw error;
		if (code === "EEXIST") throw alreadyThere(file);
		throw new DstaError("DSTA_CONFIG", `${file} cannot be written: ${code}`, {
			cure: "Name a file with --map that this user may write.",
		});
	}
}
