import { DstaError } from "../errors.ts";
import { toVariable } from "../secret-path.ts";
import type { Entry } from "./secret-map.ts";

/** The keys that a backend had for a wildcard entry. */
export interface FoundKeys {
	readonly entry: Entry;
	readonly keys: readonly string[];
}

/** Which key goes to which variable, for each wildcard entry, and why some cannot. */
export interface Expansion {
	/** For each entry: variable name to key. */
	readonly assignments: ReadonlyMap<Entry, ReadonlyMap<string, string>>;
	/** Each names the path of the entry that it is about. */
	readonly errors: readonly DstaError[];
}

/**
 * Gives each key of each wildcard entry its variable. A name in `named` belongs to an entry of its own and is left out;
 * names that are made twice, that no variable can have or that change how programs are loaded become errors (DSTA_INVALID_VALUE).
 */
export function expandWildcards(named: ReadonlySet<string>, found: readonly FoundKeys[]): Expansion {
	const owners = new Map<string, Owner>();
	const assignments = new Map<Entry, ReadonlyMap<string, string>>();
	const errors: DstaError[] = [];
	for (const { entry, keys } of found) {
		const assigned = new Map<string, string>();
		for (const key of keys) {
			const name = wildcardName(entry.names[0] as string, key);
			if (name !== undefined && named.has(name)) continue;
			const error = findProblem({ entry, key }, name, owners);
			if (error !== undefined) errors.push(error);
			else {
				owners.set(name as string, { entry, key });
				assigned.set(name as string, key);
			}
		}
		assignments.set(entry, assigned);
	}
	return { assignments, errors };
}

/**
 * The variable that a pattern (`GATEIO_*`) makes of a key: upper case, with `_` for `-`, `.`, `/` and space; `undefined` when
 * that is no valid name.
 */
export function wildcardName(pattern: string, key: string): string | undefined {
	if (!/^[A-Za-z0-9_\-./ ]+$/.test(key)) return undefined;
	const name = pattern.slice(0, -1) + toVariable(key);
	return /^[A-Za-z_]/.test(name) ? name : undefined;
}

/** Whether a variable changes how programs are found, loaded or started: no secret store may set one unasked. */
export function isLoaderVariable(name: string): boolean {
	return LOADER_VARIABLES.has(name) || LOADER_PREFIXES.some((prefix) => name.startsWith(prefix));
}

interface Owner {
	readonly entry: Entry;
	readonly key: string;
}

function findProblem(
	{ entry, key }: Owner,
	name: string | undefined,
	owners: ReadonlyMap<string, Owner>,
): DstaError | undefined {
	const path = entry.path.text;
	const shownKey = JSON.stringify(key);
	if (name === undefined)
		return refuse(
			path,
			`${path} has a key ${shownKey}, which makes no variable name with ${entry.names[0]}`,
			`Rename that key, or replace the wildcard by a line for each key: ${entry.path.secret}/KEY: NAME.`,
		);
	if (isLoaderVariable(name))
		return refuse(
			path,
			`${path} has a key ${shownKey}, which would set ${name}: that changes how programs are loaded`,
			`Give the wildcard a prefix (MY_*), or name it outright if you mean it: ${entry.path.secret}/${key}: ${name}.`,
		);
	const owner = owners.get(name);
	if (owner === undefined) return undefined;
	const other = owner.entry === entry ? "" : ` of ${owner.entry.path.text}`;
	return refuse(
		path,
		`${path} has a key ${shownKey}, which would set ${name}, as key ${JSON.stringify(owner.key)}${other} does`,
		`Decide who sets ${name} with a line of its own: ${entry.path.secret}#${key}: ${name}.`,
	);
}

function refuse(path: string, message: string, cure: string): DstaError {
	return new DstaError("DSTA_INVALID_VALUE", message, { path, cure });
}

const LOADER_PREFIXES = ["LD_", "DYLD_", "GIT_", "BASH_FUNC_", "LUA_INIT", "NPM_CONFIG_", "npm_config_"];

const LOADER_VARIABLES: ReadonlySet<string> = new Set([
	// What a shell or the C library obeys.
	...[
		"PATH",
		"ENV",
		"BASH_ENV",
		"IFS",
		"SHELLOPTS",
		"BASHOPTS",
		"PS4",
		"PROMPT_COMMAND",
		"ZDOTDIR",
		"LESSOPEN",
		"LESSCLOSE",
		"MANPAGER",
		"TERMINFO",
		"LISTEN_FDS",
		"LISTEN_PID",
		"LISTEN_FDNAMES",
		"CDPATH",
	],
	...["GCONV_PATH", "LOCPATH", "NLSPATH", "GETCONF_DIR", "GLIBC_TUNABLES", "HOSTALIASES", "RES_OPTIONS"],
	...["OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES", "EDITOR", "VISUAL", "PAGER", "BROWSER", "SHELL"],
	// What an interpreter or a runtime obeys.
	...["NODE_EXTRA_CA_CERTS", "NODE_TLS_REJECT_UNAUTHORIZED", "NODE_CHANNEL_FD"],
	...["MAKEFLAGS", "GOFLAGS", "RUSTC_WRAPPER", "RUSTFLAGS", "AWS_ENDPOINT_URL"],
	...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"],
	...["NODE_OPTIONS", "NODE_PATH", "NODE_REPL_EXTERNAL_MODULE", "BUN_OPTIONS", "BUN_BE_BUN"],
	...["PYTHONSTARTUP", "PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONINSPECT", "PYTHONBREAKPOINT"],
	...["PYTHONWARNINGS", "PYTHONEXECUTABLE", "PYTHONPLATLIBDIR", "PYTHONPYCACHEPREFIX"],
	...[
		"PERL5OPT",
		"PERL5LIB",
		"PERLLIB",
		"PERL5DB",
		"RUBYOPT",
		"RUBYLIB",
		"RUBYSHELL",
		"GEM_PATH",
		"GEM_HOME",
	],
	...["BUNDLE_GEMFILE", "LUA_PATH", "LUA_CPATH", "PHPRC", "PHP_INI_SCAN_DIR", "R_PROFILE", "R_PROFILE_USER"],
	...["JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_OPTS", "CLASSPATH", "MAVEN_OPTS"],
	...["DOTNET_STARTUP_HOOKS", "CORECLR_PROFILER", "CORECLR_PROFILER_PATH", "CORECLR_ENABLE_PROFILING"],
	...[
		"COR_PROFILER",
		"COR_PROFILER_PATH",
		"COR_ENABLE_PROFILING",
		"ERL_FLAGS",
		"ERL_LIBS",
		"JULIA_LOAD_PATH",
	],
]);
