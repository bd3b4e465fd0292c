import type { Place, Reason } from "./draft.ts";
import { fieldPath, vaultPlace } from "./vault-path.ts";

/**
 * Reads a reference in the place of a value: `op://…` (1Password), `vault:…` (Bank-Vaults) or `ref+…` (vals); `undefined` where a
 * text is none.
 */
export function readReference(text: string): Place | Reason | undefined {
	if (text.startsWith("op://")) return readOnePassword(text);
	if (/^(?:>>)?vault:/.test(text)) return readBankVaults(text);
	if (/^(?:secret)?ref\+[a-z0-9]+:\/\//.test(text)) return readVals(text);
	if (/\$\{(?:>>)?vault:|(?:^|\s)(?:secret)?ref\+[a-z0-9]+:\/\/|\{\{\s*op:\/\//.test(text)) return INLINE;
	return undefined;
}

const INLINE = {
	why: "is a text with references in it",
	instead: `write it into templates: of the map, with \${path} for each reference`,
} as const;

// https://developer.1password.com/docs/cli/secret-reference-syntax
function readOnePassword(text: string): Place | Reason {
	const [place = "", query] = text.slice("op://".length).split("?");
	const segments = place.split("/").map((segment) => segment.trim().replace(/\s+/g, "_"));
	if (place.includes("$"))
		return {
			why: "refers to 1Password by a variable",
			instead: "write the path that it has in this environment",
		};
	if (query !== undefined)
		return {
			why: "asks 1Password for what it computes (?…)",
			instead: "keep op for it, or store what it should be and write its line by hand",
		};
	return segments.length < 3
		? { why: "names no field in 1Password", instead: "write its line by hand" }
		: { path: segments.join("/") };
}

// https://bank-vaults.dev/docs/mutating-webhook/deploy-examples/: path, key and perhaps a version.
function readBankVaults(text: string): Place | Reason {
	const [path = "", key = "", version] = text.replace(/^(?:>>)?vault:/, "").split("#");
	if (text.startsWith(">>") || path === "login" || key === "")
		return { why: "has Vault make something rather than read it", instead: "write its entry by hand" };
	if (key.includes("${") || text.includes("${")) return INLINE;
	const place = vaultPlace(path, key);
	return "why" in place || version === undefined ? place : { ...place, version };
}

/** How vals names what is read here too, beside Vault itself. */
const AWS = "awssecrets";

// https://github.com/helmfile/vals: the end of the expression may be marked by a plus.
function readVals(text: string): Place | Reason {
	const match = /^(?:secret)?ref\+([a-z0-9]+):\/\/([^?#]+)(?:\?([^#]*))?(?:#\/?(.*))?$/.exec(
		text.replace(/\+$/, ""),
	);
	const [, scheme = "", place = "", query = "", fragment] = match ?? [];
	if (/\s/.test(text) || match === null) return INLINE;
	if (scheme === "op") return readOnePassword(`op://${place}${fragment === undefined ? "" : `/${fragment}`}`);
	const parameters = new URLSearchParams(query);
	if (scheme === "vault" || scheme === "openbao") return readValsVault(place, fragment, parameters);
	if (scheme === AWS) return readValsAws(place, fragment, parameters);
	return {
		why: `refers to ${scheme}, which dsta-run does not read`,
		instead: "move its value to Vault or AWS, and write its line by hand",
	};
}

function readValsVault(
	place: string,
	fragment: string | undefined,
	parameters: URLSearchParams,
): Place | Reason {
	const trimmed = place.replace(/\/+$/, "");
	const cut = trimmed.lastIndexOf("/");
	const found =
		fragment === undefined
			? vaultPlace(trimmed.slice(0, cut), trimmed.slice(cut + 1))
			: vaultPlace(trimmed, keyOf(fragment));
	if ("why" in found) return found;
	const [namespace, version, decode] = ["namespace", "version", "decode"].map((name) => parameters.get(name));
	return {
		...found,
		...(namespace ? { namespace } : {}),
		...(version ? { version } : {}),
		...(decode === "base64" ? { decode } : {}),
	};
}

function readValsAws(
	place: string,
	fragment: string | undefined,
	parameters: URLSearchParams,
): Place | Reason {
	const [region, version] = [
		parameters.get("region"),
		parameters.get("version_id") ?? parameters.get("version_stage"),
	];
	return {
		path: fragment === undefined ? place : fieldPath(place, keyOf(fragment)),
		backend: "aws",
		...(region ? { region } : {}),
		...(version ? { version } : {}),
	};
}

// Of several segments it is a JSON pointer into the secret.
function keyOf(fragment: string): string {
	return fragment.includes("/") ? `/${fragment}` : fragment;
}
