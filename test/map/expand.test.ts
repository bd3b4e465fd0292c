import { describe, expect, it } from "vitest";
import { expandWildcards, isLoaderVariable, wildcardName } from "../../src/map/expand.ts";
import type { Entry } from "../../src/map/secret-map.ts";
import { parseSecretPath } from "../../src/secret-path.ts";

function wildcard(path: string, pattern: string): Entry {
	return { path: parseSecretPath(path), names: [pattern] };
}

const gateio = wildcard("exchange/gateio/*", "GATEIO_*");
const anything = wildcard("app/*", "*");

describe("a wildcard's name", () => {
	it.each([
		["GATEIO_*", "api_key", "GATEIO_API_KEY"],
		["GATEIO_*", "api-key", "GATEIO_API_KEY"],
		["GATEIO_*", "api.key/old one", "GATEIO_API_KEY_OLD_ONE"],
		["GATEIO_*", "2nd", "GATEIO_2ND"],
		["gate_*", "Key", "gate_KEY"],
		["*", "secret_key", "SECRET_KEY"],
		["*", "__proto__", "__PROTO__"],
	])("%s makes of %j %s", (pattern, key, name) => {
		expect(wildcardName(pattern, key)).toBe(name);
	});

	it.each([
		["*", "2nd"],
		["A_*", ""],
		["A_*", "a=b"],
		["A_*", "schlüssel"],
		["A_*", "straße"],
		["A_*", "a\0b"],
		["A_*", "a\nb"],
		["A_*", "$(id)"],
	])("%s makes of %j none", (pattern, key) => {
		expect(wildcardName(pattern, key)).toBeUndefined();
	});
});

describe("a variable that changes how programs are loaded", () => {
	it.each([
		..."LD_PRELOAD LD_LIBRARY_PATH DYLD_INSERT_LIBRARIES NODE_OPTIONS NODE_PATH BASH_ENV ENV PATH IFS".split(
			" ",
		),
		..."PYTHONSTARTUP PYTHONPATH PYTHONHOME PERL5OPT PERL5LIB RUBYOPT RUBYLIB GCONV_PATH".split(" "),
		..."JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS GIT_SSH_COMMAND".split(" "),
	])("is %s", (name) => {
		expect(isLoaderVariable(name)).toBe(true);
	});

	it.each(["API_KEY", "PATHS", "MY_LD_PRELOAD", "ENVIRONMENT", "GITHUB_TOKEN", "NODE_ENV", "HOME"])(
		"is not %s",
		(name) => {
			expect(isLoaderVariable(name)).toBe(false);
		},
	);
});

describe("wildcards", () => {
	it("give every key its variable", () => {
		const { assignments, errors } = expandWildcards(new Set(), [
			{ entry: gateio, keys: ["api_key", "api-secret"] },
			{ entry: anything, keys: ["secret_key"] },
		]);
		expect(errors).toEqual([]);
		expect([...(assignments.get(gateio) ?? [])]).toEqual([
			["GATEIO_API_KEY", "api_key"],
			["GATEIO_API_SECRET", "api-secret"],
		]);
		expect([...(assignments.get(anything) ?? [])]).toEqual([["SECRET_KEY", "secret_key"]]);
	});

	it("leave a name to the entry that names it", () => {
		const { assignments, errors } = expandWildcards(new Set(["PATH", "GATEIO_API_KEY"]), [
			{ entry: gateio, keys: ["api_key", "API_KEY", "extra"] },
			{ entry: anything, keys: ["path"] },
		]);
		expect(errors).toEqual([]);
		expect([...(assignments.get(gateio) ?? [])]).toEqual([["GATEIO_EXTRA", "extra"]]);
		expect([...(assignments.get(anything) ?? [])]).toEqual([]);
	});

	it("have nothing to give where a secret has no keys", () => {
		const { assignments, errors } = expandWildcards(new Set(), [{ entry: gateio, keys: [] }]);
		expect([...(assignments.get(gateio) ?? [])]).toEqual([]);
		expect(errors).toEqual([]);
	});

	it("report everything that is wrong, with path, key and name", () => {
		const other = wildcard("exchange/gateio2/*", "GATEIO_*");
		const { assignments, errors } = expandWildcards(new Set(), [
			{ entry: gateio, keys: ["api_key", "API-KEY", "schlüssel"] },
			{ entry: other, keys: ["api_key", "more"] },
			{ entry: anything, keys: ["ld_preload", "path", "2nd"] },
		]);
		expect(errors.map(({ code, path, message }) => [code, path, message])).toEqual([
			[
				"DSTA_INVALID_VALUE",
				"exchange/gateio/*",
				'exchange/gateio/* has a key "API-KEY", which would set GATEIO_API_KEY, as key "api_key" does',
			],
			[
				"DSTA_INVALID_VALUE",
				"exchange/gateio/*",
				'exchange/gateio/* has a key "schlüssel", which makes no variable name with GATEIO_*',
			],
			[
				"DSTA_INVALID_VALUE",
				"exchange/gateio2/*",
				'exchange/gateio2/* has a key "api_key", which would set GATEIO_API_KEY, as key "api_key" of exchange/gateio/* does',
			],
			[
				"DSTA_INVALID_VALUE",
				"app/*",
				'app/* has a key "ld_preload", which would set LD_PRELOAD: that changes how programs are loaded',
			],
			[
				"DSTA_INVALID_VALUE",
				"app/*",
				'app/* has a key "path", which would set PATH: that changes how programs are loaded',
			],
			["DSTA_INVALID_VALUE", "app/*", 'app/* has a key "2nd", which makes no variable name with *'],
		]);
		for (const { cure } of errors) expect(cure).not.toBe("");
		expect([...(assignments.get(other) ?? [])]).toEqual([["GATEIO_MORE", "more"]]);
	});
});
