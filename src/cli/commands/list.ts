import { isWritable } from "../../backends/backend.ts";
import type { BackendName } from "../../backends/registry.ts";
import { DstaError, exitStatusOf } from "../../errors.ts";
import { parseSecretName } from "../../secret-path.ts";
import type { CommandResult, Host } from "../host.ts";
import type { CommandLine } from "../options.ts";
import { renderTable, reportProblem } from "../report.ts";
import { openSession } from "../session.ts";

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
	const folder = prefix === "" ? "" : parseSecretName(prefix.replace(/\/+$/, ""));
	const session = openSession(commandLine, host, false);
	const signal = AbortSignal.timeout(session.timeoutMs);
	const found: { name: string; backend: BackendName }[] = [];
	const errors: DstaError[] = [];
	let asked = 0;
	for (const name of session.chain) {
		const backend = await session.backends.get(name);
		if (backend === undefined || !isWritable(backend)) continue;
		asked++;
		try {
			found.push(...(await backend.list(folder, signal)).map((key) => ({ name: key, backend: name })));
		} catch (error) {
			if (!(error instanceof DstaError)) throw error;
			errors.push(error);
			reportProblem(host.log, { error, names: [] });
		}
	}
	session.backends.close();
	if (asked === 0) throw nothingToList();
	return {
		status: errors.length === 0 ? 0 : exitStatusOf(errors),
		output: commandLine.options.json
			? `${JSON.stringify(found, undefined, 2)}\n`
			: renderTable(found.map(({ name, backend }) => [name, backend])),
	};
}

function nothingToList(): DstaError {
	return new DstaError("DSTA_UNSUPPORTED", "No configured backend can list its secrets", {
		cure: "Configure Vault (VAULT_ADDR) or AWS (AWS_REGION); variables of the environment are no list of secrets.",
	});
}
