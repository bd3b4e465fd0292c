/** A line of metrics, as a server that scrapes them reads it. */
export interface Series {
	readonly name: string;
	readonly labels: Readonly<Record<string, string>>;
	readonly value: number;
}

export interface Exposition {
	/** The names of the families, and their types. */
	readonly types: ReadonlyMap<string, string>;
	readonly series: readonly Series[];
}

const NAME = "[a-zA-Z_][a-zA-Z0-9_]*";
const LABEL = String.raw`(${NAME})="((?:[^"\\\n]|\\["\\n])*)"`;
const VALUE = String.raw`[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN`;

/**
 * Reads Prometheus' text format, strictly: https://prometheus.io/docs/instrumenting/exposition_formats/
 * @throws {Error} a line is none of it, a family or a series is there twice, or a name is against the conventions
 */
export function parseExposition(text: string): Exposition {
	const types = new Map<string, string>();
	const helps = new Set<string>();
	const series = new Map<string, Series>();
	const refuse = (line: string, why: string): never => {
		throw new Error(`${why}: ${line}`);
	};
	if (!text.endsWith("\n")) refuse(text.slice(-50), "no end of the last line");
	for (const line of text.split("\n").filter((one) => one !== "")) {
		const [, kind, family = "", rest = ""] = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`).exec(line) ?? [];
		if (kind === "HELP") {
			if (helps.has(family)) refuse(line, "a second HELP");
			helps.add(family);
		} else if (kind === "TYPE") {
			if (types.has(family) || !helps.has(family)) refuse(line, "a second TYPE, or one without HELP");
			if ((rest === "counter") !== family.endsWith("_total")) refuse(line, "a counter ends in _total");
			types.set(family, rest);
		} else {
			const one = parseSeries(line) ?? refuse(line, "no series");
			const family = types.has(one.name) ? one.name : one.name.replace(/_(?:bucket|sum|count)$/, "");
			if ([...types.keys()].at(-1) !== family) refuse(line, "not below its family");
			const key = `${one.name} ${JSON.stringify(Object.entries(one.labels).sort())}`;
			if (series.has(key)) refuse(line, "a second time");
			series.set(key, one);
		}
	}
	return { types, series: [...series.values()] };
}

function parseSeries(line: string): Series | undefined {
	const [, name, labels = "", value] =
		new RegExp(`^(${NAME})(?:\\{((?:${LABEL},?)*)\\})? (${VALUE})$`)
			.exec(line)
			?.filter((_, index) => ![3, 4].includes(index)) ?? [];
	if (name === undefined || value === undefined) return undefined;
	const pairs = [...labels.matchAll(new RegExp(LABEL, "g"))].map(([, label, text = ""]) => [
		label,
		unescapeLabel(text),
	]);
	return { name, labels: Object.fromEntries(pairs), value: Number(value.replace("Inf", "Infinity")) };
}

function unescapeLabel(text: string): string {
	return text.replace(/\\(["\\n])/g, (_, character) => (character === "n" ? "\n" : character));
}
