/** Variables that the runtime reads, in the form in which it asks the C library for them. */
const SWITCHES = /\0(BUN_(?!WORKER_|PLUGIN_)[A-Z0-9_]+|NODE_CHANNEL_FD)(?=\0)/g;

/** Without these an executable would be another program, open a debugger, print tokens, or take what is the command's. */
const NEEDED = [
	"BUN_BE_BUN",
	"BUN_OPTIONS",
	"BUN_INSPECT",
	"BUN_INSPECT_CONNECT_TO",
	"BUN_INSPECT_PRELOAD",
	"BUN_CONFIG_VERBOSE_FETCH",
	"NODE_CHANNEL_FD",
];

const NEVER_SET = 0x7f;

/**
 * Makes the runtime in an executable blind to its own switches, which are for the command: BUN_BE_BUN, BUN_OPTIONS and the like act
 * before the first line of ours, so that nothing else can. Their names are overwritten by ones of the same length that nobody sets.
 * Those of BUN_JSC_ stay, since no whole name of theirs is in the file.
 */
export function removeSwitches(bytes: Buffer): void {
	const found = new Set<string>();
	for (const { 1: name = "", index } of bytes.toString("latin1").matchAll(SWITCHES)) {
		// The runtime comes first; further ones are in the program that follows it.
		if (found.has(name)) continue;
		found.add(name);
		bytes[index + 1] = NEVER_SET;
	}
	const missing = NEEDED.filter((name) => !found.has(name));
	if (missing.length > 0)
		throw new Error(`The runtime reads ${missing.join(", ")} in a form that is not known`);
}
