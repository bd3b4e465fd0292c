import { execFileSync } from "node:child_process";
import {
	chmodSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { BACKEND_NAMES } from "../src/backends/registry.ts";
import { EXIT_STATUS } from "../src/errors.ts";
import { parseSecretMap } from "../src/map/parse.ts";
import { readYaml } from "../src/map/yaml.ts";
import { CLI } from "./process/launch.ts";
import { askVault, ROOT_TOKEN } from "./servers/start.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const README = readFileSync(join(ROOT, "README.md"), "utf8");
const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";

interface Block {
	readonly language: string;
	readonly text: string;
}

const BLOCKS: readonly Block[] = [...README.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(
	([, language, text]) => ({ language: language as string, text: text as string }),
);

const blocksOf = (language: string) => BLOCKS.filter((block) => block.language === language);
const textsOf = (language: string) => blocksOf(language).map(({ text }) => text);
const [QUICK_START_MAP, ...OTHER_YAML] = textsOf("yaml") as [string, ...string[]];
const isManifest = (text: string) => /^(?:initC|c)ontainers:/.test(text);
const [TWO_COMMANDS, ...SHELL_BLOCKS] = textsOf("sh") as [string, ...string[]];

/** The folder of the quick start, with what its reader would have: files with values, a start script, dsta-run on PATH. */
function quickStartFolder(): { folder: string; env: NodeJS.ProcessEnv } {
	const folder = mkdtempSync(join(tmpdir(), "dsta-run-readme-"));
	const start = "node -e \"console.log('started with', process.env.POSTGRES_PASSWORD)\"";
	const files = {
		"secrets.map.yaml": QUICK_START_MAP,
		"key.txt": "the-key",
		"secret.txt": "the-secret",
		"package.json": JSON.stringify({ name: "quick-start", type: "module", scripts: { start } }),
		"server.js": "console.log('served with', process.env.BINANCE_API_KEY)",
		"bin/dsta-run": `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`,
	};
	mkdirSync(join(folder, "bin"));
	for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
	chmodSync(join(folder, "bin/dsta-run"), 0o755);
	mkdirSync(join(folder, "node_modules"));
	symlinkSync(ROOT, join(folder, "node_modules/dsta-run"));
	symlinkSync(join(ROOT, "node_modules/@types"), join(folder, "node_modules/@types"));
	const path = [join(folder, "bin"), dirname(process.execPath), process.env.PATH].join(delimiter);
	return { folder, env: { PATH: path, HOME: folder, VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN } };
}

describe("the README", () => {
	it("holds no block of a kind that is not tried here", () => {
		expect([...new Set(BLOCKS.map(({ language }) => language))].sort()).toEqual(
			["dockerfile", "ini", "sh", "ts", "yaml"].sort(),
		);
	});

	it("begins with the two commands that the package has and that CI runs", () => {
		const ci = readFileSync(join(ROOT, ".ci/run"), "utf8");
		const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
		const commands = [...TWO_COMMANDS.matchAll(/^npm ci && npm (?:run )?(\w+)/gm)].map(([, name]) => name);
		expect(commands).toEqual(["demo", "test"]);
		for (const name of commands) {
			expect(scripts).toHaveProperty(name as string);
			expect(ci).toMatch(new RegExp(`^check npm (?:run )?${name}\\b`, "m"));
		}
	});

	it.each([QUICK_START_MAP, ...OTHER_YAML.filter((text) => !isManifest(text))])(
		"shows a map that is right: %s",
		(map) => {
			const { entries } = parseSecretMap(map, {
				file: "README.md",
				backends: BACKEND_NAMES,
				readRoot: readYaml,
			});
			expect(entries.length).toBeGreaterThan(2);
		},
	);

	it.each(Object.entries(EXIT_STATUS))("explains %s with status %i", (code, status) => {
		expect(README).toContain(`| \`${code}\` | ${status} |`);
	});
});

describe.skipIf(ADDRESS === "")("the README's blocks, in the folder of the quick start", () => {
	const { env, folder } = quickStartFolder();
	const run = (file: string, args: readonly string[]) =>
		execFileSync(file, args, { cwd: folder, env, encoding: "utf8" });

	it("run in a shell, one after the other", () => {
		const output = SHELL_BLOCKS.map((text) => run("sh", ["-ec", text])).join("");
		expect(output).toContain("started with only-for-development");
		expect(output).toMatch(/^BINANCE_API_KEY +exchange\/binance\/api_key +vault +ok/m);
		expect(output).toMatch(/^POSTGRES_PASSWORD +database\/postgres\/password +env +ok/m);
		expect(output).toMatch(/^the-secret$/m);
	});

	it("start the command of an image, of a pod and of a unit", () => {
		const [image] = textsOf("dockerfile") as [string];
		const words = [...image.matchAll(/^(?:ENTRYPOINT|CMD) (.*)$/gm)].flatMap(([, json]) =>
			JSON.parse(json as string),
		);
		const pod = parse(OTHER_YAML.find(isManifest) as string).containers[0];
		const units = textsOf("ini").map((text) =>
			(/^ExecStart=.*$/m.exec(text) as RegExpExecArray)[0]
				.replace("ExecStart=", "")
				.replaceAll("/usr/bin/", "")
				.replace(/\/\S+\/(?=\S+\.(?:yaml|js))/g, "")
				.split(" "),
		);
		for (const [file, ...args] of [words, [...pod.command, ...pod.args], ...units])
			expect(run(file, args)).toBe("served with the-key\n");
	});

	it("find in a pod what its init container has copied", () => {
		const manifest = OTHER_YAML.find((text) => text.startsWith("initContainers:")) as string;
		const { containers, initContainers, volumes } = parse(manifest);
		const [init, app] = [initContainers[0], containers[0]];
		const [, name, target] = init.command;
		expect([name, ...init.volumeMounts, ...app.volumeMounts]).toEqual([
			"install",
			{ name: volumes[0].name, mountPath: target },
			{ name: volumes[0].name, mountPath: target },
		]);
		expect(app.command).toEqual([`${target}/dsta-run`, "--"]);
	});

	it("are TypeScript that compiles and runs against the package", async () => {
		await askVault(ADDRESS, "POST", "secret/data/exchange/gateio", {
			data: { api_key: "k", api_secret: "s" },
		});
		const [program, own] = textsOf("ts") as [string, string];
		writeFileSync(
			join(folder, "library.ts"),
			`${program}\nconsole.log(apiKey, password, api_key, api_secret, fields, isAvailable);\n`,
		);
		writeFileSync(join(folder, "own.ts"), `${own}\nconsole.log(await manager.getSecret("a/b/host"));\n`);
		const compiler = [
			"--noEmit",
			"--strict",
			"--module",
			"nodenext",
			"--target",
			"es2024",
			"--types",
			"node",
			"library.ts",
			"own.ts",
		];
		run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), ...compiler]);
		expect(run("node", ["library.ts"])).toBe(
			"the-key dev_password k s { api_key: 'k', api_secret: 's' } true\n",
		);
		expect(run("node", ["own.ts"])).toBe("db.example.com\n");
	});
});

describe("the examples", () => {
	it("are all in the README", () => {
		const folders = [...README.matchAll(/\[[\w-]+\]\(examples\/([\w-]+)\)/g)].map(([, name]) => name);
		expect(folders.sort()).toEqual(readdirSync(join(ROOT, "examples")).sort());
	});

	it("run: quickstart", () => {
		const demo = join(ROOT, "examples/quickstart/demo.ts");
		const output = execFileSync(process.execPath, [demo], { encoding: "utf8" });
		expect(output).toContain("service: SECRET_KEY is set");
		expect(output).toContain("dsta-run ended as the service did: status 0");
	});
});
