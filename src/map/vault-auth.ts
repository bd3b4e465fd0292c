import { complain, mappingOf, NOT_YET, oneOf, type Reader, readWord, type Schema, shown } from "./fields.ts";
import { findPair } from "./node.ts";

/** How to log in to Vault: by a token that a credential of the systemd unit holds. */
export interface VaultAuth {
	readonly method: "credential";
	readonly credential: string;
}

const METHODS = [
	"credential",
	"token_file",
	"approle",
	"kubernetes",
	"jwt",
	"aws",
	"userpass",
	"cert",
	"command",
] as const;

const readMethod: Reader<VaultAuth["method"]> = (node, label, context) => {
	const method = oneOf(METHODS)(node, label, context);
	if (method === undefined || method === "credential") return method;
	return complain(node, `${label} ${method} is not supported by this version of dsta-run`, context);
};

/** The name of a credential of a systemd unit, by the rule of systemd, which makes a file of it. */
export const readCredential: Reader<string> = (node, label, context) => {
	const name = readWord(node, label, context);
	if (name === undefined || /^(?!\.{1,2}$)[^/\0]+$/.test(name)) return name;
	return complain(node, `${label} is the name of a credential, which ${shown(name)} cannot be`, context);
};

const AUTH = {
	method: readMethod,
	credential: readCredential,
	token_file: NOT_YET,
	mount: NOT_YET,
	role: NOT_YET,
} satisfies Schema;

/** `vault.auth`. The name of a credential says the method as well. */
export const readVaultAuth: Reader<VaultAuth> = (node, label, context) => {
	const fields = mappingOf(AUTH)(node, label, context);
	if (node.kind !== "mapping" || fields === undefined) return undefined;
	if (fields.credential !== undefined) return { method: "credential", credential: fields.credential };
	const isForgotten = fields.method !== undefined || node.pairs.length === 0;
	if (!isForgotten || findPair(node, "credential") !== undefined) return undefined;
	return complain(node, `${label} needs the name of a credential: { credential: vault_token }`, context);
};
