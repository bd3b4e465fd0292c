import { showName } from "../report.ts";
import type { Draft, DraftLine, DraftSettings, LeftOut } from "./draft.ts";

/** Writes a draft as a map with comments, and what is not in it at the end. */
export function renderMap(draft: Draft, origin: string): string {
	const { leftOut, lines, notes, settings } = draft;
	const mounts = lines.flatMap((line) => line.mount ?? []);
	// That of lines which are to be written yet is the usual one.
	const mount = lines.some(({ backend }) => backend === undefined) ? DEFAULT_MOUNT : commonest(mounts);
	const chain = chainFor(lines, settings);
	return [
		`# Where each secret lies, and the variable that the command gets it in: path: NAME.`,
		`# Made by dsta-run init of ${comment(origin)}, of which no value was copied. dsta-run check tries it.`,
		...[...notes].flatMap((note) => ["#", `# ${comment(note)}`]),
		"version: 1",
		"",
		"# Who is asked, in this order: the next one only for what those before it do not have.",
		`chain: [${chain.join(", ")}]`,
		...settingLines(draft, mounts.length === 0 ? undefined : mount),
		"",
		"secrets:",
		...entryLines(lines, { mount, chain }),
		...(leftOut.length === 0 ? [] : ["", "# Not in this map:", ...leftOut.flatMap(leftOutLines)]),
		"",
	].join("\n");
}

const DEFAULT_MOUNT = "secret";

/** What was left out, as a sentence. */
export function describeLeftOut({ line, what, why }: LeftOut): string {
	return `${showName(what)} (line ${line}) ${showName(why)}`;
}

function leftOutLines(one: LeftOut): readonly string[] {
	return [`# - ${comment(describeLeftOut(one))};`, `#   ${comment(one.instead)}.`];
}

// Whatever a source holds, a comment ends at the end of its line.
function comment(text: string): string {
	return text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ");
}

function commonest(words: readonly string[]): string | undefined {
	const counts = [...Map.groupBy(words, (word) => word)].map(([word, { length }]) => ({ word, length }));
	return counts.sort((one, other) => other.length - one.length)[0]?.word;
}

function chainFor(lines: readonly DraftLine[], { hasReferences }: DraftSettings): readonly string[] {
	const known = new Set(lines.map(({ backend }) => backend));
	if (known.has(undefined)) return ["vault", "aws", ...(hasReferences ? [] : ["env"])];
	return ["vault", "aws"].filter((name) => known.has(name as DraftLine["backend"]));
}

function settingLines({ lines, settings }: Draft, mount: string | undefined): readonly string[] {
	const { address, killAfter, namespace, pass, pristine, strip } = settings;
	const vault = {
		...(address === undefined ? {} : { address }),
		...(mount === undefined || mount === DEFAULT_MOUNT ? {} : { mount }),
		// Other tools have none unless told so.
		...(mount === undefined && namespace === undefined ? {} : { namespace: namespace ?? "" }),
	};
	const run = {
		...(pristine ? { pristine } : {}),
		...(pass === undefined ? {} : { pass }),
		...(strip === undefined ? {} : { strip }),
		...(killAfter === undefined ? {} : { kill_after: killAfter }),
	};
	const hasAws = lines.some(({ backend }) => backend === "aws");
	return [
		...group("vault", vault, "namespace" in vault && vault.namespace === "" ? NO_NAMESPACE : undefined),
		...group(
			"aws",
			hasAws ? { prefix: "" } : {},
			"The names of secrets are whole: without this, dsta/ would be put before them first.",
		),
		...group("run", run, undefined),
	];
}

const NO_NAMESPACE = "No namespace, unless VAULT_NAMESPACE says so: without this it would be dsta.";

function group(key: string, settings: object, why: string | undefined): readonly string[] {
	const lines = Object.entries(settings).map(([name, value]) => `  ${name}: ${yaml(value)}`);
	if (lines.length === 0) return [];
	return ["", ...(why === undefined ? [] : [`# ${why}`]), `${key}:`, ...lines];
}

interface Defaults {
	readonly mount: string | undefined;
	readonly chain: readonly string[];
}

function entryLines(lines: readonly DraftLine[], defaults: Defaults): readonly string[] {
	const folders = Map.groupBy(lines, ({ path }) => path.replace(/[#/][^/]*$|#.*$/, ""));
	return [...folders].flatMap(([folder, group], index) => [
		...(index === 0 ? [] : [""]),
		`  # ${comment(folder)}`,
		...group.map((line) => `  ${yaml(line.path)}: ${entryOf(line, defaults)}`),
	]);
}

function entryOf(line: DraftLine, { chain, mount }: Defaults): string {
	const { as, backend, decode, names, namespace, optional, region, version } = line;
	const vault = {
		...(line.mount === undefined || line.mount === mount ? {} : { mount: line.mount }),
		...(namespace === undefined ? {} : { namespace }),
	};
	const settings = {
		...(backend === undefined || chain.length === 1 ? {} : { backend }),
		...(optional ? { optional } : {}),
		...(version === undefined
			? {}
			: { version: /^[1-9]\d{0,14}$/.test(version) ? Number(version) : version }),
		...(decode === undefined ? {} : { decode }),
		...(as === undefined ? {} : { as }),
		...(Object.keys(vault).length === 0 ? {} : { vault }),
		...(region === undefined ? {} : { aws: { region } }),
	};
	const env = names.length === 1 ? names[0] : names;
	return Object.keys(settings).length === 0 ? yaml(env) : yaml({ env, ...settings });
}

// In one line: what a plain text of YAML would make something else of is in quotes, as JSON, which is YAML.
function yaml(value: unknown): string {
	if (typeof value === "string")
		return /^(?:[A-Za-z_][\w./*#-]*|\d+(?:ms|[smhd]))$/.test(value) && !WORDS.test(value)
			? value
			: JSON.stringify(value);
	if (Array.isArray(value)) return `[${value.map(yaml).join(", ")}]`;
	if (typeof value !== "object" || value === null) return String(value);
	return `{ ${Object.entries(value)
		.map(([key, one]) => `${key}: ${yaml(one)}`)
		.join(", ")} }`;
}

const WORDS = /^(?:true|false|yes|no|on|off|null|y|n)$/i;
