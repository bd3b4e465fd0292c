/** The path of a secret in Vault's API: `secret/data/a/b` for version 2, `secret/a/b` for version 1. */
export function kvPath(mount: string, kind: "data" | "metadata" | "", secret: string): string {
	return [mount, kind, secret].filter((part) => part !== "").join("/");
}

/** A path in a namespace as it is called in another one, which is the same or above it. */
export function pathFrom(own: string, namespace: string, path: string): string {
	const below = own === "" ? namespace : namespace.slice(own.length + 1);
	return below === "" ? path : `${below}/${path}`;
}

/** Whether a token of one namespace can do something in another: in its own and in those below it. */
export function isReached(own: string, namespace: string): boolean {
	return own === "" || `${namespace}/`.startsWith(`${own}/`);
}

/** Percent-encodes a path segment by segment. */
export function encodePath(path: string): string {
	return path.split("/").map(encodeURIComponent).join("/");
}
