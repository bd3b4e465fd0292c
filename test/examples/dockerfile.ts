/** One instruction of a Dockerfile: `COPY --from=x a b` has the option `from` and the words `a` and `b`. */
export interface Instruction {
	readonly name: string;
	readonly options: Readonly<Record<string, string | undefined>>;
	/** Of the JSON form its elements; of RUN the whole line. */
	readonly words: readonly string[];
}

/** Reads a Dockerfile as far as the examples use the language: one line each. Whether it is a good one, hadolint says. */
export function parseDockerfile(text: string): readonly Instruction[] {
	const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
	return lines.map((line) => {
		const [, name = "", options = "", rest = ""] = /^([A-Z]+) ((?:--\S+ )*)(.*)$/.exec(line) ?? [];
		const pairs = [...options.matchAll(/--(\w+)=(\S+)/g)].map(([, key, value]) => [key, value]);
		return { name, options: Object.fromEntries(pairs), words: wordsOf(name, rest) };
	});
}

function wordsOf(name: string, text: string): readonly string[] {
	if (name === "RUN") return [text];
	return text.startsWith("[") ? JSON.parse(text) : text.split(" ");
}
