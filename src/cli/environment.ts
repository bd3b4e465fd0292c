import { buildEnvironment } from "../launch/environment.ts";
import { completeInherited } from "../launch/inherited.ts";
import { loginVariables } from "../map/vault-auth.ts";
import type { Host } from "./host.ts";
import type { Options } from "./options.ts";
import type { Session } from "./session.ts";

export interface EnvironmentChoices {
	readonly host: Host;
	readonly options: Pick<Options, "pass" | "pristine" | "strip">;
	readonly secrets: ReadonlyMap<string, string>;
}

/** The environment of the command: what it inherits by the options and the map, and its secrets. */
export async function environmentFor(
	session: Session,
	{ host, options, secrets }: EnvironmentChoices,
): Promise<Record<string, string>> {
	const { backends, run } = session.map;
	return buildEnvironment(await inheritedVariables(session, host), secrets, {
		pristine: options.pristine ?? run.pristine ?? false,
		choices: [options, { pass: [], strip: [], ...run }],
		login: loginVariables(backends.vault),
	});
}

// The dotenv file serves the map only, unless the map says that its variables are for the command as well.
async function inheritedVariables({ envFile, map }: Session, { env }: Host): Promise<Host["env"]> {
	const inherited = completeInherited(env);
	if (map.backends.env?.export !== true || envFile === undefined) return inherited;
	return Object.fromEntries([...(await envFile.variables()), ...Object.entries(inherited)]);
}
