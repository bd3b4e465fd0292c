import { spawnSync } from "node:child_process";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { types } from "../../src/cli/commands/declarations.ts";
import { folderWith } from "../process/launch.ts";
import { runHere } from "./in-process.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const MAP = `secrets:
  app/db/user: [DB_USER, PGUSER]
  app/db/port: { env: DB_PORT, default: "5432", type: port, optional: true }
  app/db/note: { env: DB_NOTE, optional: true }
  app/db/odd#*/x: { env: ODD, as: file }
  app/zone: TZ
  exchange/gateio/*: GATEIO_*
  exchange/gate/*: GATEIO_*
  exchange/gateio/api_key: GATEIO_API_KEY
  app/all/*: "*"
templates:
  DB_URL: postgresql://\${app/db/user|url}@db:\${app/db/port}/app
  NOTED: \${app/db/note}
`;

const DECLARATION = `// The variables of secrets.map.yaml. Made by dsta-run types: make it again when the map has changed.
declare namespace NodeJS {
	interface ProcessEnv {
		/** app/db/user. */
		readonly DB_USER: string;
		/** app/db/user. */
		readonly PGUSER: string;
		/** app/db/port (port, has a default). */
		readonly DB_PORT: string;
		/** app/db/note. */
		readonly DB_NOTE?: string | undefined;
		/** The path of a file that holds app/db/odd#*\\/x. */
		readonly ODD: string;
		/** Each field of exchange/gate. */
		readonly [name: \`GATEIO_\${string}\`]: string | undefined;
		/** exchange/gateio/api_key. */
		readonly GATEIO_API_KEY: string;
		/** Made of app/db/user, app/db/port. */
		readonly DB_URL: string;
		/** Made of app/db/note. */
		readonly NOTED?: string | undefined;
	}
}
`;

it("dsta-run types declares each variable as a command has it", async () => {
	const folder = folderWith(MAP);
	expect(await runHere(types, ["types"], { cwd: folder })).toEqual({
		status: 0,
		stdout: DECLARATION,
		stderr: "",
	});
	await runHere(types, ["types", "--output", "env.d.ts"], { cwd: folder });
	expect(readFileSync(join(folder, "env.d.ts"), "utf8")).toBe(DECLARATION);
});

it("a program in TypeScript is held to that declaration", async () => {
	const folder = folderWith(MAP);
	await runHere(types, ["types", "--output", "env.d.ts"], { cwd: folder });
	const lines = [
		"const { DB_USER, DB_PORT, DB_URL, GATEIO_API_KEY, TZ } = process.env;",
		"export const right: string[] = [DB_USER, DB_PORT, DB_URL, GATEIO_API_KEY];",
		"export const zone: string | undefined = TZ;",
		"// @ts-expect-error it is optional",
		"export const note: string = process.env.DB_NOTE;",
		"// @ts-expect-error its field may be missing",
		"export const secret: string = process.env.GATEIO_API_SECRET;",
		"// @ts-expect-error nobody may write it",
		'process.env.DB_USER = "other";',
	];
	writeFileSync(join(folder, "app.ts"), lines.join("\n"));
	symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
	const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
	const words = ["--noEmit", "--strict", "--types", "node", "--module", "nodenext", "env.d.ts", "app.ts"];
	const { status, stdout } = spawnSync(process.execPath, [compiler, ...words], {
		cwd: folder,
		encoding: "utf8",
	});
	expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
});
