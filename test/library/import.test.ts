import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { MARKS } from "../e2e/marks.ts";

const DIST = new URL("../../dist/", import.meta.url);

const packagesIn = (file: URL) => {
	const text = readFileSync(file, "utf8");
	return Object.entries(MARKS).flatMap(([name, mark]) => (text.includes(mark) ? [name] : []));
};

interface Imported {
	/** Addresses of the files of the library, and of the modules of Node that they import. */
	readonly files: readonly string[];
	/** Modules of Node as `NativeModule NAME`. */
	readonly modules: readonly string[];
	readonly open: readonly string[];
}

/** What a program loads that does nothing but import an entry; one that does not end by itself is an error. */
function importAlone(entry: string): Imported {
	const program = `import ${JSON.stringify(new URL(entry, DIST).href)}; report();`;
	const preload = fileURLToPath(new URL("list-imported.cjs", import.meta.url));
	const args = [`--require=${preload}`, "--input-type=module", `--eval=${program}`];
	return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8", timeout: 20_000 }));
}

describe("importing the library", () => {
	it("could load packages from chunks that can be told by their text", () => {
		const chunks = readdirSync(DIST).filter((file) => file.endsWith(".mjs"));
		const found = chunks.flatMap((chunk) => packagesIn(new URL(chunk, DIST)));
		expect(found.toSorted()).toEqual(Object.keys(MARKS).toSorted());
	});

	it.each(["index.mjs", "testing.mjs"])(
		"loads no client, opens nothing and lets the program end: %s",
		(entry) => {
			const { files, modules, open } = importAlone(entry);
			const chunks = files.filter((file) => file.startsWith(DIST.href));
			expect(chunks).toContain(new URL(entry, DIST).href);
			expect(chunks.flatMap((chunk) => packagesIn(new URL(chunk)))).toEqual([]);
			const costly = ["http", "https", "http2", "tls", "net", "dns", "crypto", "zlib", "child_process"];
			expect(costly.filter((name) => modules.includes(`NativeModule ${name}`))).toEqual([]);
			expect(open).toEqual([]);
		},
	);
});
