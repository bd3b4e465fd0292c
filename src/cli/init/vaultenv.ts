import { DstaError } from "../../errors.ts";
import { toVariable } from "../../secret-path.ts";
import { createDraft, type Draft } from "./draft.ts";
import { vaultPlace } from "./vault-path.ts";

/**
 * Makes a draft of a secrets file of vaultenv: lines `path#key` and `NAME=path#key`, in version 2 below `MOUNT` lines.
 * https://github.com/channable/vaultenv#secret-specification
 * @throws {DstaError} DSTA_CONFIG a line is none of these
 */
export function readVaultenv(text: string, { file }: { readonly file: string }): Draft {
	const draft = createDraft();
	const lines = text.split(/\r?\n/).map((line) => line.trim());
	const isVersion2 = /^VERSION\s+2$/.test(lines.find((line) => line !== "") ?? "");
	let mount = "secret";
	for (const [index, line] of lines.entries()) {
		if (line === "" || (isVersion2 && /^VERSION\s/.test(line))) continue;
		const [, block] = (isVersion2 && /^MOUNT\s+([^\s#=]+)$/.exec(line)) || [];
		if (block !== undefined) mount = block;
		else {
			const [, given, path, key] = /^(?:([A-Za-z_]\w*)\s*=\s*)?([^\s#=]+)#\s*([^\s#=]+)$/.exec(line) ?? [];
			if (path === undefined || key === undefined) throw badLine(file, index + 1);
			const name = given ?? nameOf(isVersion2 ? [mount, path, key] : [path, key]);
			draft.add(name, vaultPlace(`${mount}/${path}`, key), index + 1);
		}
	}
	return draft;
}

// As vaultenv does, which leaves dots alone: such a name no map takes.
function nameOf(parts: readonly string[]): string {
	return parts.map((part) => part.split(".").map(toVariable).join(".")).join("_");
}

function badLine(file: string, line: number): DstaError {
	return new DstaError("DSTA_CONFIG", `${file}:${line}: this is neither path#key nor NAME=path#key`, {
		cure: "Correct the line, or name the kind of the file: --kind dotenv, for example.",
	});
}
