import { DstaError } from "../../errors.ts";
import type { Target } from "./failure.ts";

/** Whether an answer to a write says that there is too much of it. */
export function saysTooLarge(status: number, errors: readonly string[] = []): boolean {
	return status === 413 || errors.some((error) => TOO_LARGE.test(error));
}

// The size of the request and the number of its texts, and what the storage takes for one entry.
const TOO_LARGE = /too large|high complexity|exceed(?:s|ed)? (?:the )?max/i;

/** The failure of a write that there is too much of. */
export function tooLarge({ apiPath, path, settings }: Target): DstaError {
	return new DstaError(
		"DSTA_INVALID_VALUE",
		`${apiPath} would be too large for Vault at ${settings.address}, or have too many fields`,
		{
			backend: "vault",
			path,
			cure: "Nothing was written. Spread the fields over several secrets, or raise what the server takes: max_request_size and max_request_json_strings of its listener, max_entry_size of its storage, the body size of a proxy before it.",
		},
	);
}

/** The failure of a write that Vault finds wrong. What it says of it may repeat a value and is not shown. */
export function refusedWrite({ apiPath, path, settings }: Target): DstaError {
	return new DstaError("DSTA_CONFIG", `Vault at ${settings.address} found the write to ${apiPath} wrong`, {
		backend: "vault",
		path,
		cure: `Nothing was written. Check the path, and mount and kv in the map; the size of the values and the number of the fields may be the cause as well. What Vault says of it is not shown, since it may repeat a value: its own log has it.`,
	});
}
