import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { isWritable, type WritableBackend } from "../../backends/backend.ts";
import { DstaError } from "../../errors.ts";
import { parseSecretName, parseSecretPath } from "../../secret-path.ts";
import type { CommandResult, Host } from "../host.ts";
import type { CommandLine } from "../options.ts";
import { openSession, type Session } from "../session.ts";

/**
 * Writes fields of a secret and keeps its others. `put SECRET KEY=VALUE` names the secret; `put SECRET/KEY` asks for the value
 * of that one field at a hidden prompt, or reads it from standard input where that is no terminal.
 * @throws {DstaError} DSTA_USAGE the words make no fields · DSTA_UNSUPPORTED no configured backend can be written
 */
export async function put(commandLine: CommandLine, host: Host): Promise<CommandResult> {
	const { secret, sources } = parseOperands(commandLine.operands);
	const session = openSession(commandLine, host, false);
	const backend = await findWritable(session);
	const fields = await readFields(sources, host);
	const { replace, json } = commandLine.options;
	const signal = AbortSignal.timeout(session.timeoutMs);
	const written = await backend.write(secret, fields, { replace, signal });
	session.backends.close();
	if (json) return { status: 0, output: `${JSON.stringify({ backend: backend.name, ...written })}\n` };
	const version = written.version === undefined ? "" : `, now version ${written.version}`;
	const verb = written.created ? "created" : "updated";
	return {
		status: 0,
		output: `${verb} ${written.location} at ${backend.name}${version}: ${[...fields.keys()].join(", ")}\n`,
	};
}

/** Where the value of one field comes from. */
interface FieldSource {
	readonly key: string;
	readonly from: "argument" | "file" | "stdin" | "prompt";
	/** The value of an argument, or the name of a file. */
	readonly text: string;
}

function parseOperands([path, ...words]: readonly string[]): {
	secret: string;
	sources: readonly FieldSource[];
} {
	if (path === undefined) throw usage("dsta-run put needs a path");
	if (words.length === 0) {
		const { secret, selector } = parseSecretPath(path);
		if (selector.kind !== "field") throw usage(`${path} names no field`);
		return { secret, sources: [{ key: selector.key, from: "prompt", text: "" }] };
	}
	const sources = words.map(parseSource);
	const keys = sources.map(({ key }) => key);
	const twice = keys.find((key, index) => keys.indexOf(key) !== index);
	if (twice !== undefined) throw usage(`The field ${twice} is given twice`);
	if (sources.filter(({ from }) => from === "stdin").length > 1)
		throw usage("Only one field can come from standard input");
	return { secret: parseSecretName(path), sources };
}

function parseSource(word: string): FieldSource {
	const equals = word.indexOf("=");
	const key = equals < 0 ? word : word.slice(0, equals);
	const text = word.slice(equals + 1);
	// What has no "=" may be a value that was meant for a field: it is not repeated.
	if (key === "" || (equals < 0 && !/^[\w.-]+$/.test(key))) throw usage("A field is written key=value");
	if (equals < 0) return { key, from: "prompt", text: "" };
	if (text === "-") return { key, from: "stdin", text: "" };
	return text.startsWith("@") ? { key, from: "file", text: text.slice(1) } : { key, from: "argument", text };
}

async function findWritable({ backends, chain }: Session): Promise<WritableBackend> {
	for (const name of chain) {
		const backend = await backends.get(name);
		if (backend !== undefined && isWritable(backend)) return backend;
	}
	throw new DstaError("DSTA_UNSUPPORTED", `No configured backend of ${chain.join(", ")} can be written`, {
		cure: "Configure Vault (VAULT_ADDR, VAULT_TOKEN) or AWS (AWS_REGION); the environment is not written.",
	});
}

async function readFields(sources: readonly FieldSource[], host: Host): Promise<Map<string, string>> {
	const visible = sources.filter(({ from }) => from === "argument").map(({ key }) => key);
	if (visible.length > 0)
		host.log(
			"warn",
			`the value of ${visible.join(", ")} stands in the command line, where other users can see it`,
			{
				lines: [
					`fix: use ${visible[0]}=- (standard input), ${visible[0]}=@FILE, or ${visible[0]} alone (a hidden prompt)`,
				],
			},
		);
	const fields = new Map<string, string>();
	for (const source of sources) fields.set(source.key, await readField(source, host));
	return fields;
}

async function readField({ key, from, text }: FieldSource, host: Host): Promise<string> {
	if (from === "argument") return text;
	if (from === "file") return readValueFile(text, host.cwd);
	const { stdin } = host.process;
	if (from === "prompt" && stdin.isTTY) {
		const { askHidden } = await import("../prompt.ts");
		return askHidden(host, `${key}: `);
	}
	const chunks: Buffer[] = [];
	for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
	return decodeText(Buffer.concat(chunks), "standard input").replace(/\r?\n$/, "");
}

function readValueFile(file: string, cwd: string): string {
	try {
		return decodeText(readFileSync(resolve(cwd, file)), file);
	} catch (error) {
		if (error instanceof DstaError) throw error;
		throw new DstaError(
			"DSTA_FILE_NOT_FOUND",
			`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`,
			{
				cure: "Name a readable file after @.",
			},
		);
	}
}

function decodeText(bytes: Buffer, origin: string): string {
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		throw new DstaError("DSTA_INVALID_VALUE", `${origin} is not UTF-8 text`, {
			cure: "Encode it (base64) and say decode: base64 in the map.",
		});
	}
}

function usage(message: string): DstaError {
	return new DstaError("DSTA_USAGE", message, {
		cure: "Write: dsta-run put exchange/binance api_key=@FILE api_secret=-, or dsta-run put exchange/binance/api_key for a prompt.",
	});
}
