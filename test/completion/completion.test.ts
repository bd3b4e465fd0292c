import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { completion } from "../../src/cli/commands/completion.ts";
import { complete } from "../../src/cli/completion/complete.ts";
import { EXPORT_FORMATS } from "../../src/cli/usage.ts";
import { runHere } from "../cli/in-process.ts";
import { folderWith, LAUNCHER } from "../process/launch.ts";
import { openTerminal } from "../process/terminal.ts";

const ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db#user";
const MAP = `secrets:
  exchange/binance/api_key: { env: BINANCE_API_KEY, default: s3ntinel }
  exchange/gateio/*: GATEIO_*
  odd key/it's: ODD_KEY
  ${ARN}: DB_USER
templates:
  DB_URL: postgresql://\${${ARN}}@db
`;

/** A folder with a program called dsta-run, which is the build under test, and another one. */
function completionFolder(): string {
	const folder = folderWith(MAP);
	mkdirSync(join(folder, "bin"));
	mkdirSync(join(folder, "folder of things"));
	writeFileSync(join(folder, "second map.yaml"), "a/b/c: SECOND\n");
	const words = LAUNCHER.map((word) => `'${word}'`).join(" ");
	writeFileSync(join(folder, "bin/dsta-run"), `#!/bin/sh\nexec ${words} "$@"\n`);
	writeFileSync(join(folder, "bin/zz-own-program"), "#!/bin/sh\n");
	for (const name of ["dsta-run", "zz-own-program"]) chmodSync(join(folder, "bin", name), 0o755);
	return folder;
}

/** What is typed behind `dsta-run ` before the tabulator is pressed, and the words of the line then. */
const TYPED: readonly (readonly [typed: string, words: readonly string[]])[] = [
	["expl", ["explain"]],
	["get exchange/b", ["get", "exchange/binance/api_key"]],
	["get exchange/g", ["get", "exchange/gateio/*"]],
	["get odd", ["get", "odd key/it's"]],
	["get arn:aws:s", ["get", ARN]],
	["-m second", ["-m", "second map.yaml"]],
	["check --map=second", ["check", "--map=second map.yaml"]],
	["--map 'second map.yaml' explain S", ["--map", "second map.yaml", "explain", "SECOND"]],
	["export --format=pow", ["export", "--format=powershell"]],
	["install fol", ["install", "folder of things"]],
	["-- zz-o", ["--", "zz-own-program"]],
];

const SOURCES = {
	bash: ["bash", "--norc", "-i"],
	zsh: ["zsh", "-f", "-i"],
	fish: ["fish", "-i"],
} as const;

const BASH_COMPLETION = "/usr/share/bash-completion/bash_completion";
const PREPARATIONS: readonly (readonly [
	title: string,
	shell: keyof typeof SOURCES,
	lines: readonly string[],
])[] = [
	["bash", "bash", ['eval "$(dsta-run completion bash)"', `show() { printf '<%s>' "$@"; echo; }`]],
	[
		"bash with bash-completion",
		"bash",
		[`. ${BASH_COMPLETION}`, 'eval "$(dsta-run completion bash)"', `show() { printf '<%s>' "$@"; echo; }`],
	],
	[
		"zsh",
		"zsh",
		[
			"autoload -Uz compinit && compinit -u -D",
			'eval "$(dsta-run completion zsh)"',
			`show() { printf '<%s>' "$@"; echo; }`,
		],
	],
	[
		"fish",
		"fish",
		[
			"dsta-run completion fish | source",
			"bind \\ca beginning-of-line",
			`function show; printf '<%s>' $argv; echo; end`,
		],
	],
];

const folders = (process.env.PATH ?? "").split(delimiter);
const isThere = (title: string, shell: string) =>
	folders.some((folder) => existsSync(join(folder, shell))) &&
	(!title.includes("bash-completion") || existsSync(BASH_COMPLETION));

describe.concurrent("dsta-run completion completes in", () => {
	for (const [title, shell, lines] of PREPARATIONS)
		it.skipIf(!isThere(title, shell))(title, async () => {
			const folder = completionFolder();
			const terminal = openTerminal(folder, SOURCES[shell], {
				PATH: [join(folder, "bin"), process.env.PATH].join(delimiter),
				TERM: "dumb",
				LC_ALL: "C.UTF-8",
			});
			try {
				// What is typed before it is there may be lost.
				await terminal.shows(/[#$%>] /);
				for (const line of lines) terminal.type(`${line}\r`);
				for (const [typed, words] of TYPED) {
					// The line, completed, then what its words are to the shell.
					terminal.type(`dsta-run ${typed}\t\x01show \r`);
					const shown = ["dsta-run", ...words].map((word) => `<${word.replace(/[^\w ]/g, "\\$&")}/?>`);
					await terminal.shows(new RegExp(shown.join("")));
				}
			} finally {
				terminal.close();
				await terminal.ended;
			}
		});
});

describe("what is offered", () => {
	const folder = folderWith(MAP);
	const offered = async (...words: readonly string[]) => {
		const { status, stderr, stdout } = await runHere(completion, ["completion", "words", "--", ...words], {
			cwd: folder,
		});
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
		expect(stdout).not.toContain("s3ntinel");
		return stdout.split("\n").map((line) => line.split("\t")[0]);
	};

	it.each<[words: readonly string[], some: readonly string[], not: readonly string[]]>([
		[[""], ["run", "check", "completion"], ["--map", "exchange/binance/api_key"]],
		[["-"], ["--", "--map", "--exec"], ["--dry-run", "run"]],
		[
			["check", "--"],
			["--json", "--map"],
			["--", "--dry-run"],
		],
		[["check", "--json", "--"], ["--map"], ["--json"]],
		[["run", "--pass", "A", "--"], ["--pass"], []],
		[["export", "-f", ""], EXPORT_FORMATS, []],
		[["--backend", ""], ["vault", "aws", "env"], []],
		[["policy", ""], ["vault", "iam", "terraform"], ["exchange/binance/api_key"]],
		[["completion", ""], ["bash", "zsh", "fish"], []],
		[["help", ""], ["run", "check"], []],
		[["explain", "a", ""], ["exchange/gateio/*", "BINANCE_API_KEY", "DB_URL"], ["GATEIO_*"]],
		[["explain", "--diff", "a.yaml", ""], [":files"], ["BINANCE_API_KEY"]],
		[["explain", "--diff", "a.yaml", "b.yaml", ""], ["BINANCE_API_KEY"], [":files"]],
		[
			["list", ""],
			["exchange", "exchange/gateio"],
			["exchange/binance/api_key", "arn:aws"],
		],
		[["install", ""], [":folders"], []],
		[["-m", ""], [":files"], []],
		[["export", "--output=x"], [":files"], []],
		[["--", "ls", ""], [":command 1"], []],
		[["run", "--exec", "--", ""], [":command 3"], []],
	])("behind %j: some words, and not others", async (words, some, not) => {
		const found = await offered(...words);
		for (const word of some) expect(found).toContain(word);
		for (const word of not) expect(found).not.toContain(word);
	});

	it.each([
		[["nope", ""]],
		[["--nope", ""]],
		[["check", "--", "x"]],
		[["get", "a", "b"]],
		[["--timeout", ""]],
		[["--map", "missing.yaml", "get", ""]],
	])("nothing behind %j", async (words) => {
		expect(await offered(...words)).toEqual([""]);
	});

	it("asks for the names of a map only where one belongs", async () => {
		const load = () => Promise.reject(new Error("asked"));
		for (const words of [["ch"], ["check", "--j"], ["policy", "v"], ["--", "ls"]])
			await complete(words, load);
		await expect(complete(["get", ""], load)).rejects.toThrow("asked");
	});
});
