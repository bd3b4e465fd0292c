import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, globSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { BASES } from "./bases.ts";
import { type Instruction, parseDockerfile } from "./dockerfile.ts";

/** What a container is made of. */
export interface Image {
	root: string;
	env: Readonly<Record<string, string>>;
	workdir: string;
	uid: number;
	entrypoint: readonly string[];
	cmd: readonly string[];
}

export interface Build {
	/** Where the file systems of the stages are put. */
	readonly folder: string;
	/** Where COPY finds its sources; the first that has one counts. */
	readonly contexts: readonly string[];
	/** In place of the defaults of ARG. */
	readonly buildArgs: Readonly<Record<string, string>>;
	/** The stage that is asked for; otherwise the last. */
	readonly target: string | undefined;
}

/** Builds an image without an engine: each instruction does to a folder what it would do to an image. */
export function buildImage(file: string, { buildArgs, contexts, folder, target }: Build): Image {
	const stages = new Map<string, Image>();
	let image: Image | undefined;
	let args: Record<string, string> = {};
	for (const written of parseDockerfile(readFileSync(file, "utf8"))) {
		const instruction = substitute(written, args);
		const { name, words } = instruction;
		if (name === "FROM") {
			const [from = "", , stage = `${stages.size}`] = words;
			image = startStage(from, join(folder, stage), stages);
			stages.set(stage, image);
			args = {};
		} else if (name === "ARG") Object.assign(args, assignment(words), buildArgs);
		else if (image === undefined || STEPS[name] === undefined) throw new Error(`${file}: unexpected ${name}`);
		else STEPS[name](image, instruction, { contexts, folder, stages });
	}
	const built = target === undefined ? image : stages.get(target);
	if (built === undefined) throw new Error(`${file} has no stage ${target}`);
	return built;
}

interface Context {
	readonly contexts: readonly string[];
	readonly folder: string;
	readonly stages: ReadonlyMap<string, Image>;
}

const STEPS: Readonly<Record<string, (image: Image, instruction: Instruction, context: Context) => void>> = {
	ENV: (image, { words }) => {
		image.env = { ...image.env, ...assignment(words) };
	},
	WORKDIR: (image, { words: [path = ""] }) => {
		image.workdir = resolve(image.workdir, path);
		mkdirSync(join(image.root, image.workdir), { recursive: true });
	},
	COPY: copy,
	RUN: run,
	USER: (image, { words: [user = ""] }) => {
		image.uid = Number(user.split(":")[0]);
	},
	ENTRYPOINT: (image, { words }) => {
		image.entrypoint = words;
	},
	CMD: (image, { words }) => {
		image.cmd = words;
	},
};

function startStage(from: string, root: string, stages: ReadonlyMap<string, Image>): Image {
	mkdirSync(root, { recursive: true });
	const stage = stages.get(from);
	if (stage !== undefined) {
		cpSync(stage.root, root, { recursive: true, verbatimSymlinks: true });
		return { ...stage, root };
	}
	fill(root, from);
	const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	return { root, env: { PATH }, workdir: "/", uid: 0, entrypoint: [], cmd: [] };
}

function fill(root: string, image: string): void {
	const base = BASES[image];
	if (base === undefined) throw new Error(`The tests have nothing that stands for the image ${image}`);
	base(root);
}

function copy(image: Image, { options, words }: Instruction, { contexts, folder, stages }: Context): void {
	const patterns = words.slice(0, -1);
	const to = words.at(-1) as string;
	const sources = patterns.flatMap((pattern) => {
		const found = placesOf(options.from, { contexts, folder, stages })
			.map((place) => globSync(pattern.replace(/^\//, ""), { cwd: place }).map((name) => join(place, name)))
			.find((files) => files.length > 0);
		if (found === undefined) throw new Error(`COPY finds no ${pattern}`);
		return found;
	});
	for (const source of sources) {
		const place = join(image.root, resolve(image.workdir, to));
		const isInto = (to.endsWith("/") || to === "." || to === "./") && !statSync(source).isDirectory();
		const target = isInto ? join(place, basename(source)) : place;
		cpSync(source, target, { recursive: true, verbatimSymlinks: true });
		if (options.chmod !== undefined) chmodSync(target, Number.parseInt(options.chmod, 8));
	}
}

function placesOf(from: string | undefined, { contexts, folder, stages }: Context): readonly string[] {
	if (from === undefined) return contexts;
	const stage = stages.get(from);
	if (stage !== undefined) return [stage.root];
	const root = join(folder, encodeURIComponent(from));
	fill(root, from);
	return [root];
}

// npm is the one of this machine; what apk adds is in the base already.
function run(image: Image, { words: [line = ""] }: Instruction): void {
	if (line === "apk add --no-cache libstdc++") return;
	if (!line.startsWith("npm ")) throw new Error(`The tests cannot do RUN ${line}`);
	const env = { ...process.env, npm_config_offline: "true", npm_config_update_notifier: "false" };
	execFileSync("sh", ["-ec", line], { cwd: join(image.root, image.workdir), env, stdio: "pipe" });
}

function substitute(instruction: Instruction, args: Readonly<Record<string, string>>): Instruction {
	const words = instruction.words.map((word) =>
		word.replace(/\$\{(\w+)\}/g, (_, name: string) => args[name] ?? ""),
	);
	return { ...instruction, words };
}

function assignment(words: readonly string[]): Readonly<Record<string, string>> {
	return Object.fromEntries(words.map((word) => word.split("=", 2)));
}
