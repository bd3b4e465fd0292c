/** The path of a secret in Vault's API: `secret/data/a/b` for version 2, `secret/a/b` for version 1. */
export function kvPath(mount: string, kind: "data" | "metadata" | "", secret: string): string {
	return [mount, kind, secret].filter((part) => part !== "").join("/");
}

/** Percent-encodes a path segment by segment. */
export function encodePath(path: string): string {
	return path.split("/").map(encodeURIComponent).join("/");
}
