import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DstaError } from "../../errors.ts";
import type { BackendContext } from "../backend.ts";
import { shellWord } from "../shell.ts";

type Context = Pick<BackendContext, "env" | "home">;

/**
 * Makes sure that a named profile exists: the SDK would pass it over and take whatever else it finds.
 * @throws {DstaError} DSTA_CONFIG it does not, or its file cannot be read
 */
export async function checkProfile(profile: string, context: Context): Promise<void> {
	const files = await readFiles(context);
	const sections = files.flatMap(({ text }) =>
		[...text.matchAll(/^\s*\[([^\]]+)\]/gm)].map(([, name]) => name),
	);
	const names = sections.map((section) => section?.trim().replace(/^profile\s+["']?(.*?)["']?$/, "$1"));
	if (profile === "default" || names.includes(profile)) return;
	checkFiles(files);
	throw new DstaError("DSTA_CONFIG", `The AWS profile ${profile} does not exist`, {
		backend: "aws",
		cure: `Create it (aws configure --profile ${shellWord(profile)}), or set AWS_PROFILE to one that exists (aws configure list-profiles). Looked in ${files.map(({ file }) => file).join(" and ")}.`,
	});
}

/**
 * Makes sure that the profile files are what they should be: the SDK takes a broken one for an empty one.
 * @throws {DstaError} DSTA_CONFIG one cannot be read, or has a line that is nothing
 */
export async function checkProfileFiles(context: Context): Promise<void> {
	checkFiles(await readFiles(context));
}

interface ProfileFile {
	readonly file: string;
	readonly text: string;
	/** Why it could not be read; `undefined` where it is only missing. */
	readonly problem: string | undefined;
}

function readFiles({ env, home = "" }: Context): Promise<readonly ProfileFile[]> {
	const files = [
		env.AWS_CONFIG_FILE || join(home, ".aws", "config"),
		env.AWS_SHARED_CREDENTIALS_FILE || join(home, ".aws", "credentials"),
	];
	return Promise.all(files.map((file) => readProfileFile(file.replace(/^~(?=\/)/, home))));
}

async function readProfileFile(file: string): Promise<ProfileFile> {
	try {
		return { file, text: await readFile(file, "utf8"), problem: undefined };
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		return { file, text: "", problem: code === "ENOENT" || code === "ENOTDIR" ? undefined : code };
	}
}

function checkFiles(files: readonly ProfileFile[]): void {
	for (const { file, problem, text } of files) {
		if (problem !== undefined)
			throw new DstaError("DSTA_CONFIG", `${file} cannot be read: ${problem}`, {
				backend: "aws",
				cure: `Make ${file} a file that this user can read, or name another one with AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE.`,
			});
		const line = text.split(/\r?\n/).findIndex((line) => !LINE.test(line));
		if (line >= 0)
			throw new DstaError("DSTA_CONFIG", `${file}:${line + 1} is neither [a section] nor key = value`, {
				backend: "aws",
				cure: `Correct line ${line + 1} of ${file}, or write the file anew: aws configure`,
			});
	}
}

// Blank, a comment, a section, or a key with its value.
const LINE = /^\s*(?:[#;].*|\[[^\][]+\]\s*(?:[#;].*)?|[^\s=[\]#;][^=]*=.*)?$/;
