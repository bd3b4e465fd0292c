import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { Script } from "node:vm";
import { BEFORE_EXEC } from "./before-exec.ts";

/** What of a process decides whether code that was compiled in another fits it. */
type CachingProcess = Pick<NodeJS.Process, "arch" | "env" | "geteuid" | "on" | "pid" | "version">;

interface Module {
	readonly exports: Readonly<Record<string, unknown>>;
}

const OPENING = "(function (exports, require, module, __filename, __dirname) {";

/**
 * Gives what loads a file of a folder of CommonJS files, which load one another by it too. What V8 has compiled of them is kept beside
 * them, in `code-cache`, when the process exits or becomes another program, and saves the next one a third of its start. It is for one
 * version of Node (of one with other flags V8 refuses it), and written by the owner of the folder alone: who may write there could as
 * well change the files.
 */
export function createCachedRequire(folder: string, node: CachingProcess): (id: string) => Module["exports"] {
	const cache = createCodeCache(folder, node);
	const modules = new Map<string, Module>();

	function load(id: string): Module["exports"] {
		const known = modules.get(id);
		if (known !== undefined) return known.exports;
		const module = { exports: {} };
		modules.set(id, module);
		const file = `${folder}/${id}`;
		// The build leaves nothing but ASCII in it.
		const script = cache.compile(id, `${OPENING}${readFileSync(file, "latin1")}\n})`, {
			filename: file,
			columnOffset: -OPENING.length,
		});
		script.runInThisContext()(module.exports, requireFromChunk, module, file, folder);
		return module.exports;
	}
	const requireFromChunk = (id: string) => (id.startsWith("./") ? load(id.slice(2)) : require(id));
	return load;
}

// V8 compares no more than the length of the code.
const NAMED_BY_CONTENT = /-[\w-]{8}\.cjs$/;

interface Place {
	readonly filename: string;
	readonly columnOffset: number;
}

interface CodeCache {
	compile(id: string, code: string, place: Place): Script;
}

function createCodeCache(folder: string, node: CachingProcess): CodeCache {
	if (node.env.NODE_DISABLE_COMPILE_CACHE) return { compile: (_id, code, place) => new Script(code, place) };
	const cacheFolder = `${folder}/code-cache`;
	const kind = `${node.version}-${node.arch}`;
	const scripts = new Map<string, Script>();
	let isComplete = true;
	const saveIfUseful = () => {
		// A container begins with the files of its image each time, and PID 1 ends it.
		if (!isComplete && node.pid !== 1 && isOwner(folder, node)) save();
	};
	node.on("exit", saveIfUseful);
	node.on(BEFORE_EXEC, saveIfUseful);

	function save(): void {
		try {
			// Whatever the umask is, nobody else may write there.
			mkdirSync(cacheFolder, { recursive: true, mode: 0o755 });
			// All of them: what one file makes another do is compiled by now.
			for (const [id, script] of scripts)
				replaceFile(`${cacheFolder}/${id}.${kind}`, script.createCachedData());
		} catch {
			// A disk that is full or can only be read: the next start is as slow as this one.
		}
	}

	return {
		compile(id, code, place) {
			if (!NAMED_BY_CONTENT.test(id)) return new Script(code, place);
			const cachedData = readIfThere(`${cacheFolder}/${id}.${kind}`);
			const script = new Script(code, cachedData === undefined ? place : { ...place, cachedData });
			scripts.set(id, script);
			isComplete &&= script.cachedDataRejected === false;
			return script;
		},
	};
}

function replaceFile(file: string, bytes: Buffer): void {
	// Not after the pid, which processes of several containers share.
	const unfinished = `${file}.${Math.random().toString(36).slice(2)}`;
	try {
		// V8 looks at no more than the length: after a loss of power there must not be a file with nothing in it.
		writeFileSync(unfinished, bytes, { flag: "wx", mode: 0o644, flush: true });
		renameSync(unfinished, file);
	} catch (error) {
		rmSync(unfinished, { force: true });
		throw error;
	}
}

function isOwner(folder: string, { geteuid }: CachingProcess): boolean {
	try {
		return statSync(folder).uid === geteuid?.();
	} catch {
		return false;
	}
}

function readIfThere(file: string): Buffer | undefined {
	try {
		return readFileSync(file);
	} catch {
		return undefined;
	}
}
