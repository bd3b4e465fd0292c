import { isWritable, type WritableBackend } from "../../backends/backend.ts";
import { signalAfter } from "../../backends/deadline.ts";
import { DstaError } from "../../errors.ts";
import { namedUnconfigured } from "../../resolve/unconfigured.ts";
import { type FieldSource, parseSources, readFields, wrongWords } from "../field-source.ts";
import type { CommandResult, Host } from "../host.ts";
import { nameOperand, pathOperand } from "../operand.ts";
import type { CommandLine } from "../options.ts";
import { listNames, showName } from "../report.ts";
import { openSession, type Session } from "../session.ts";

/**
 * Writes fields of a secret and keeps its others. `put SECRET KEY=VALUE` names the secret; `put SECRET/KEY` asks for the value
 * of that one field at a hidden prompt, or reads it from standard input where that is no terminal.
 * @throws {DstaError} DSTA_USAGE the words make no fields · DSTA_UNSUPPORTED no configured backend can be written
 */
export async function put(commandLine: CommandLine, host: Host): Promise<CommandResult> {
	const { secret, sources } = parseOperands(commandLine.operands);
	const session = await openSession(commandLine, host, { needsMap: false });
	const backend = await findWritable(session, commandLine);
	const fields = await readFields(sources, host);
	const audit = await session.openAudit();
	const { replace, json } = commandLine.options;
	const writing = backend.write(secret, fields, { replace, signal: signalAfter(session.timeoutMs) });
	const written = await writing.finally(session.backends.release);
	const { location, version: newVersion } = written;
	const names = [...fields.keys()];
	audit?.note([{ action: "put", path: secret, backend: backend.name, version: newVersion, location, names }]);
	if (json) return { status: 0, output: `${JSON.stringify({ backend: backend.name, ...written })}\n` };
	const version = written.version === undefined ? "" : `, now version ${written.version}`;
	const verb = written.created ? "created" : "updated";
	return {
		status: 0,
		output: `${verb} ${written.location} at ${backend.name}${version}: ${listNames([...fields.keys()].map(showName))}\n`,
	};
}

function parseOperands([path, ...words]: readonly string[]): {
	secret: string;
	sources: readonly FieldSource[];
} {
	if (path === undefined) throw wrongWords("dsta-run put needs a path");
	// Not repeated: what follows the = is a value.
	if (path.includes("=")) throw wrongWords("The first word of dsta-run put is a path, and has no = in it");
	if (words.length === 0) {
		const { secret, selector } = pathOperand(path);
		if (selector.kind !== "field") throw wrongWords(`${path} names no field`);
		return { secret, sources: [{ key: selector.key, from: "prompt", text: "" }] };
	}
	return { secret: nameOperand(path), sources: parseSources(words) };
}

async function findWritable(
	{ backends, chain }: Session,
	{ operands: [path = ""], options }: CommandLine,
): Promise<WritableBackend> {
	for (const name of chain) {
		const backend = await backends.get(name);
		if (backend !== undefined && isWritable(backend)) return backend;
		if (backend === undefined && options.backend !== undefined) throw namedUnconfigured(name, path);
	}
	throw new DstaError("DSTA_UNSUPPORTED", `No configured backend of ${chain.join(", ")} can be written`, {
		cure: "Configure Vault (VAULT_ADDR, VAULT_TOKEN) or AWS (AWS_REGION); the environment is not written.",
	});
}
