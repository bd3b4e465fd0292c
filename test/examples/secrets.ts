import { askVault, ROOT_TOKEN } from "../servers/start.ts";
import { IS_PREPARED } from "./prepared.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";

/** Whether an example can be started: there are its packages, and a Vault to ask. */
export const CAN_START: boolean = IS_PREPARED && ADDRESS !== "";

/** Puts secrets into a namespace of the real Vault that no other test looks into, and gives the variables that lead there. */
export async function storeSecrets(
	namespace: string,
	secrets: Readonly<Record<string, object>>,
): Promise<Readonly<Record<string, string>>> {
	await askVault(ADDRESS, "POST", `sys/namespaces/${namespace}`, {}, "");
	await askVault(ADDRESS, "POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } }, namespace);
	for (const [path, data] of Object.entries(secrets))
		await askVault(ADDRESS, "POST", `secret/data/${path}`, { data }, namespace);
	return { VAULT_ADDR: ADDRESS, VAULT_NAMESPACE: namespace, VAULT_TOKEN: ROOT_TOKEN };
}
