import { GENERATORS, parseGenerator } from "../../map/generator.ts";
import type { RotateSettings, Words } from "../../map/secret-map.ts";
import type { Job } from "../../rotation/job.ts";
import { type FieldSource, readFields } from "../field-source.ts";
import type { Host } from "../host.ts";
import { usage } from "../mistakes.ts";
import type { CommandLine } from "../options.ts";

/**
 * Where the new value comes from: what the command line says, else the map; else it is asked for, where there is a terminal.
 * @throws {DstaError} DSTA_USAGE `--value-from` says nothing that makes sense
 */
export function chooseValue(
	{ command, options: { valueFrom } }: CommandLine,
	settings: RotateSettings,
	{ field, host }: { readonly field: string; readonly host: Host },
): Pick<Job, "giveValue" | "settings"> {
	const read = (source: Omit<FieldSource, "key">) => ({
		settings,
		giveValue: async () => (await readFields([{ key: field, ...source }], host)).get(field) as string,
	});
	if (command.length > 0) return { settings: { ...settings, generate: { command: command as Words } } };
	if (valueFrom === "-") return read({ from: "stdin", text: "" });
	if (valueFrom?.startsWith("@")) return read({ from: "file", text: valueFrom.slice(1) });
	if (valueFrom !== undefined) return { settings: { ...settings, generate: generatorOf(valueFrom) } };
	const isAsked = settings.generate === undefined && host.process.stdin.isTTY && host.terminal.isTTY();
	return isAsked ? read({ from: "prompt", text: "" }) : { settings };
}

// It is not repeated: it may be a value in the wrong place.
function generatorOf(valueFrom: string): string {
	const [, text = ""] = /^generate:(.*)$/.exec(valueFrom) ?? [];
	if (parseGenerator(text) !== undefined) return text;
	throw usage(
		"--value-from names no source of a value",
		`Write -, @FILE, or generate: and one of ${GENERATORS.join(", ")}. A command that prints the value stands after --.`,
	);
}
