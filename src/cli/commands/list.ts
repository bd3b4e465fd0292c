import { isWritable } from "../../backends/backend.ts";
import { signalAfter } from "../../backends/deadline.ts";
import type { BackendName } from "../../backends/registry.ts";
import { DstaError, exitStatusOf } from "../../errors.ts";
import { namedUnconfigured } from "../../resolve/unconfigured.ts";
import type { CommandResult, Host } from "../host.ts";
import { nameOperand } from "../operand.ts";
import type { CommandLine } from "../options.ts";
import { renderTable, reportProblem, showName } from "../report.ts";
import { openSession, type Session } from "../session.ts";

/**
 * Lists the names of secrets below a folder in every configured backend of the chain that can list.
 * @throws {DstaError} DSTA_USAGE there is more than one prefix · DSTA_UNSUPPORTED no configured backend can list
 */
export async function list(commandLine: CommandLine, host: Host): Promise<CommandResult> {
	const [prefix = "", ...rest] = commandLine.operands;
	if (rest.length > 0)
		throw new DstaError("DSTA_USAGE", "dsta-run list takes one prefix", {
			cure: "Write: dsta-run list exchange",
		});
	const folder = prefix === "" ? "" : nameOperand(prefix.replace(/\/+$/, ""));
	const session = await openSession(commandLine, host, { needsMap: false });
	// All at once, so that one that does not answer takes no time from the others.
	const answers = await Promise.all(session.chain.map((name) => ask(name, session, folder)));
	await session.backends.release();
	const asked = answers.filter((answer) => answer !== undefined);
	if (asked.length === 0) throw nothingToList(commandLine, folder);
	const errors = asked.filter((answer) => answer instanceof DstaError);
	for (const error of errors) reportProblem(host.log, { error, names: [] });
	const found = asked.flatMap((answer) => (answer instanceof DstaError ? [] : answer));
	return {
		status: errors.length === 0 ? 0 : exitStatusOf(errors),
		output: commandLine.options.json
			? `${JSON.stringify(found, undefined, 2)}\n`
			: renderTable(found.map(({ name, backend }) => [showName(name), backend])),
	};
}

interface Listed {
	readonly name: string;
	readonly backend: BackendName;
}

/** `undefined` where the backend is not configured, or cannot list. */
async function ask(
	name: BackendName,
	{ backends, timeoutMs }: Session,
	folder: string,
): Promise<readonly Listed[] | DstaError | undefined> {
	try {
		const backend = await backends.get(name);
		if (backend === undefined || !isWritable(backend)) return undefined;
		const names = await backend.list(folder, signalAfter(timeoutMs));
		return names.map((key) => ({ name: key, backend: name }));
	} catch (error) {
		if (error instanceof DstaError) return error;
		throw error;
	}
}

function nothingToList({ options: { backend } }: CommandLine, folder: string): DstaError {
	if (backend !== undefined && backend !== "env") return namedUnconfigured(backend, folder);
	return new DstaError("DSTA_UNSUPPORTED", "No configured backend can list its secrets", {
		cure: "Configure Vault (VAULT_ADDR) or AWS (AWS_REGION); variables of the environment are no list of secrets.",
	});
}
