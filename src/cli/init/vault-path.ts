import type { Place, Reason } from "./draft.ts";

/** Mounts that by their names are no key-value engines. */
const OTHER_ENGINES =
	/^(?:database|aws|azure|gcp|pki|ssh|transit|totp|rabbitmq|consul|nomad|kubernetes|ldap|auth|sys|identity|cubbyhole)$/;

/**
 * The path of a field, or of all fields (`*`), of what other tools name by its path in Vault's API: `secret/data/a/b`. Its first
 * segment is taken for the mount.
 */
export function vaultPlace(apiPath: string, key: string): Place | Reason {
	const [mount = "", ...rest] = apiPath.replace(/^\/+|\/+$/g, "").split("/");
	if (OTHER_ENGINES.test(mount))
		return {
			why: `asks ${mount}/, which by its name is another engine than key-value`,
			instead: "write its entry by hand",
		};
	const secret = (rest[0] === "data" ? rest.slice(1) : rest).join("/");
	if (secret === "") return { why: "names no secret below its mount", instead: "write its entry by hand" };
	return { path: fieldPath(secret, key), mount, backend: "vault" };
}

/** The path of a field: with its own segment where that reads the same. */
export function fieldPath(secret: string, key: string): string {
	const isPlain = key === "*" || /^[^/#*]+$/.test(key);
	return isPlain && key !== "." && key !== ".." ? `${secret}/${key}` : `${secret}#${key}`;
}
