import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { BACKEND_NAMES } from "../src/backends/registry.ts";

const SRC = new URL("../src", import.meta.url).pathname;

interface Source {
	readonly file: string;
	readonly text: string;
	/** Files of ours, relative to src/, and names of packages. */
	readonly imports: readonly string[];
}

const SOURCES: readonly Source[] = readdirSync(SRC, { recursive: true, encoding: "utf8" })
	.filter((file) => file.endsWith(".ts"))
	.map((file) => {
		const text = readFileSync(join(SRC, file), "utf8");
		const specifiers = [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)"([^"]+)"/g)].map(
			([, name]) => name as string,
		);
		const imports = specifiers.map((name) =>
			name.startsWith(".") ? normalize(join(dirname(file), name)) : name,
		);
		return { file, text, imports };
	});

const room = (file: string) => file.split("/")[0] as string;

const FLOORS: Readonly<Record<string, number>> = {
	"cli.ts": 4,
	"cli-cached.ts": 4,
	"register.ts": 4,
	cli: 4,
	"index.ts": 3,
	"testing.ts": 3,
	library: 3,
	resolve: 2,
	watch: 2,
	rotation: 2,
	"code-cache.ts": 1,
	map: 1,
	backends: 1,
	launch: 1,
	observe: 1,
	"before-exec.ts": 0,
	"clock.ts": 0,
	"error-descriptor.ts": 0,
	"errors.ts": 0,
	"listen-address.ts": 0,
	"log-event.ts": 0,
	"remove-file.ts": 0,
	"secret-values.ts": 0,
	"secret-path.ts": 0,
	"setting.ts": 0,
};

const isOurs = (name: string) => Object.hasOwn(FLOORS, room(name)) && name.endsWith(".ts");

describe("the architecture", () => {
	it("knows the floor of every room", () => {
		expect(SOURCES.length).toBeGreaterThan(50);
		expect(
			[...new Set(SOURCES.map(({ file }) => room(file)))].filter((name) => !Object.hasOwn(FLOORS, name)),
		).toEqual([]);
	});

	it("imports only what lies on a lower floor or in the same room", () => {
		const wrong = SOURCES.flatMap(({ file, imports }) =>
			imports
				.filter(isOurs)
				.filter(
					(name) =>
						room(name) !== room(file) &&
						!["cli.ts", "cli-cached.ts", "index.ts", "register.ts", "secret-path.ts", "testing.ts"].includes(
							room(file),
						),
				)
				.filter((name) => (FLOORS[room(name)] as number) >= (FLOORS[room(file)] as number))
				.map((name) => `${file} → ${name}`),
		);
		expect(wrong).toEqual([]);
	});

	it.each([
		["node-vault", /^backends\/vault\/client\.ts$/],
		["@aws-sdk/", /^backends\/aws\//],
		["@smithy/", /^backends\/aws\//],
		["execa", /^launch\/supervise\.ts$/],
		["yaml", /^map\/yaml\.ts$/],
		["prom-client", /^observe\/metrics\.ts$/],
	])("imports %s in one place", (dependency, place) => {
		const users = SOURCES.filter(({ imports }) =>
			imports.some(
				(name) => name === dependency || (dependency.endsWith("/") && name.startsWith(dependency)),
			),
		);
		if (dependency !== "@smithy/") expect(users.length).toBeGreaterThan(0);
		expect(users.map(({ file }) => file).filter((file) => !place.test(file))).toEqual([]);
	});

	it("imports no other package", () => {
		const known = /^(?:node:|node-vault$|@aws-sdk\/|@smithy\/|execa$|prom-client$|yaml$)/;
		const other = SOURCES.flatMap(({ imports }) =>
			imports.filter((name) => !isOurs(name) && !name.endsWith("package.json")),
		);
		expect(other.filter((name) => !known.test(name))).toEqual([]);
	});

	it("reads the process where the executable begins, and for the library where its caller says nothing", () => {
		const readers = SOURCES.filter(
			({ imports, text }) =>
				imports.includes("node:process") || /globalThis\.process|\bconsole\./.test(codeOf(text)),
		);
		expect(readers.map(({ file }) => file).sort()).toEqual(["cli-cached.ts", "cli.ts", "register.ts"]);
		// Below the floor of cli/ even a parameter called process is only for launch/.
		const below = SOURCES.filter(
			({ file, text }) =>
				!/^cli|^clock|^launch|^library\/surroundings|^register/.test(file) &&
				/\bprocess\./.test(codeOf(text)),
		);
		expect(below.map(({ file }) => file)).toEqual([]);
	});

	it("has no file whose name says nothing, and no barrel", () => {
		const names = SOURCES.map(({ file }) => file);
		expect(
			names.filter(
				(file) => /(?:^|\/)(?:utils?|helpers?|common|types|index)\.ts$/.test(file) && file !== "index.ts",
			),
		).toEqual([]);
	});

	it.each(BACKEND_NAMES)("runs the contract suite against the backend %s", (name) => {
		const file = new URL(`contract/${name}.test.ts`, import.meta.url);
		const text = stripComments(existsSync(file) ? readFileSync(file, "utf8") : "");
		expect(text).toMatch(/^import \{ describeBackend \} from "\.\/suite\.ts";$/m);
		expect(text).toMatch(/^\s*describeBackend\(\{/m);
		const backends = [...text.matchAll(/\bbackend: "(\w+)"/g)].map(([, backend]) => backend);
		expect([...new Set(backends)]).toEqual([name]);
	});
});

/** The code without its comments and texts. */
function codeOf(text: string): string {
	return stripComments(text).replace(/"[^"\n]*"|`[^`]*`/g, "");
}

function stripComments(text: string): string {
	return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
}
