import type { EnvFile } from "../backends/env/env-file.ts";
import { buildEnvironment, type EnvironmentChoice, type Variables } from "../launch/environment.ts";
import type { SecretMap } from "../map/secret-map.ts";
import { loginVariables } from "../map/vault-auth.ts";

export interface CommandEnvironmentOptions {
	readonly envFile: EnvFile | undefined;
	readonly inherited: Variables;
	readonly secrets: ReadonlyMap<string, string>;
	/** What beats the map's own choice of inherited variables. */
	readonly choice?: EnvironmentChoice & { readonly pristine?: boolean | undefined };
}

/** The environment of a command: what it inherits by the options and the map, and its secrets. */
export async function commandEnvironment(
	{ backends, run }: Pick<SecretMap, "backends" | "run">,
	{ choice = { pass: [], strip: [] }, envFile, inherited, secrets }: CommandEnvironmentOptions,
): Promise<Record<string, string>> {
	// The dotenv file serves the map only, unless the map says that its variables are for the command as well.
	const exported = backends.env?.export === true ? await envFile?.variables() : undefined;
	const variables =
		exported === undefined ? inherited : Object.fromEntries([...exported, ...Object.entries(inherited)]);
	return buildEnvironment(variables, secrets, {
		pristine: choice.pristine ?? run.pristine ?? false,
		choices: [choice, { pass: [], strip: [], ...run }],
		login: loginVariables(backends.vault),
	});
}
