import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BUILD, folderWith, LAUNCHER, launchSync, PYTHON } from "./launch.ts";

const FOLDER = folderWith("app/secret_key: SECRET_KEY\n");
const EMPTY = folderWith("{}\n");

/** Starts a program with an environment and arguments of any bytes, read as JSON in which a character is a byte. */
const START = `
import json, os, sys
def to_bytes(text): return text.encode("latin1")
given = json.load(sys.stdin.buffer)
variables = {to_bytes(name): to_bytes(value) for name, value in given["variables"]}
os.execve(given["args"][0], [to_bytes(arg) for arg in given["args"]], variables)
`;

const LAUNCH = [...LAUNCHER, "--"];

/** What a command prints that is started with these bytes, as text in which a character is a byte. */
function printedBy(
	args: readonly string[],
	variables: readonly (readonly [string, string])[],
	cwd = EMPTY,
): { readonly stdout: string; readonly stderr: string; readonly status: number | null } {
	const given = JSON.stringify({ args, variables });
	const { status, stderr, stdout } = spawnSync(PYTHON, ["-c", START], {
		cwd,
		encoding: "latin1",
		input: Buffer.from(given),
	});
	return { status, stderr, stdout };
}

function sorted(environ: string): readonly string[] {
	return environ.split("\0").sort();
}

describe("a variable that the map does not name", () => {
	it.each([
		["in lower case", "path_of_x", "v"],
		["with a dot and a dash", "spring.data-source", "v"],
		["of a shell's function", "BASH_FUNC_f%%", "() {  echo hi;\n}"],
		["called 0", "0", "zero"],
		["that starts with a digit", "1a", "v"],
		["with a blank in its name", "a b", "v"],
		["called __proto__", "__proto__", "v"],
		["called constructor", "constructor", "v"],
		["without a value", "EMPTY", ""],
		["with = in its value", "EQUAL", "a=b=c="],
		["with newlines", "LINES", "one\ntwo\r\n\n"],
		["with blanks around", "BLANKS", "  x\t"],
		["of UTF-8", "UNICODE", Buffer.from("é✓𝄞").toString("latin1")],
		["with control characters", "CONTROL", "\x01\x1b[0m\x7f"],
		["of Node", "NODE_OPTIONS", "--no-warnings"],
		["of Node's debugging", "NODE_DEBUG", "http"],
		["of 131071 bytes", "LARGE", "x".repeat(131_071 - 6)],
	])("reaches the command byte for byte: %s", (_, name, value) => {
		const variables = [["PATH", "/usr/bin:/bin"] as const, [name, value] as const];
		const plain = printedBy(["/bin/cat", "/proc/self/environ"], variables);
		const launched = printedBy([...LAUNCH, "/bin/cat", "/proc/self/environ"], variables);
		expect(plain.stdout).toContain(`${name}=${value}`);
		expect({ ...launched, stdout: sorted(launched.stdout) }).toEqual({
			status: 0,
			stderr: "",
			stdout: sorted(plain.stdout),
		});
	});
});

describe("bytes that are not UTF-8", () => {
	const SECRET = ["SECRET_KEY", "s3ntinel"] as const;

	if (BUILD === "npm") {
		it("are named in one warning, since Node cannot pass them on", () => {
			const variables = [SECRET, ["LATIN", "caf\xe9"], ["OTHER", "\xff"], ["GOOD", "x"]] as const;
			const { status, stderr, stdout } = printedBy([...LAUNCH, "/bin/echo", "a", "\xe9"], variables, FOLDER);
			expect({ status, stdout: stdout.slice(0, 2) }).toEqual({ status: 0, stdout: "a " });
			expect(stderr).toMatch(
				/^dsta-run: warn: the command does not get all bytes of LATIN, OTHER, argument 2: [^\n]+\n {2}fix: [^\n]+\n$/,
			);
			expect(stderr).not.toMatch(/caf|s3ntinel/);
		});

		it("need no warning where they do not reach the command", () => {
			const variables = [
				["LATIN", "caf\xe9"],
				["GOOD", Buffer.from("\ufffd").toString("latin1")],
			] as const;
			const run = [...LAUNCHER, "--strip", "LATIN", "--strip", "GOOD", "--", "/bin/true"];
			expect(printedBy(run, variables)).toEqual({ status: 0, stderr: "", stdout: "" });
		});

		it("are warned of in a secret as well that the environment has", () => {
			const variables = [["SECRET_KEY", "x\xe9"]] as const;
			const run = [...LAUNCH, "/usr/bin/printenv", "SECRET_KEY"];
			const { status, stderr } = printedBy(run, variables, FOLDER);
			expect(status).toBe(0);
			expect(stderr).toContain("the command does not get all bytes of SECRET_KEY: ");
		});
	} else {
		it("reach the command of the standalone executable as they are", () => {
			const variables = [
				SECRET,
				["LATIN", "caf\xe9"],
				["\xff", "name"],
				["CUT", "\xe2\x9c=\xe2\x9c\x93"],
				["__proto__", "\xed\xb3\xbf"],
			] as const;
			const environment = printedBy([...LAUNCH, "/bin/cat", "/proc/self/environ"], variables, FOLDER);
			expect({ ...environment, stdout: sorted(environment.stdout) }).toEqual({
				...{ status: 0, stderr: "" },
				stdout: sorted(printedBy(["/bin/cat", "/proc/self/environ"], variables).stdout),
			});
			const words = ["a", "\xe9", "\xff\xfe", "\xef\xbf\xbd"];
			const { status, stderr, stdout } = printedBy([...LAUNCH, "/bin/echo", ...words], variables, FOLDER);
			expect({ status, stderr, stdout }).toEqual({ status: 0, stderr: "", stdout: `${words.join(" ")}\n` });
		});

		it("reach it in a secret as well that the environment has", () => {
			const run = [...LAUNCH, "/usr/bin/printenv", "SECRET_KEY"];
			expect(printedBy(run, [["SECRET_KEY", "x\xe9"]], FOLDER)).toEqual({
				...{ status: 0, stderr: "" },
				stdout: "x\xe9\n",
			});
		});

		it("are not taken from a dotenv file, which is text", () => {
			const folder = folderWith("app/secret_key: SECRET_KEY\n");
			writeFileSync(join(folder, ".env"), Buffer.from("SECRET_KEY=s3ntinel\xe9\n", "latin1"));
			const { status, stderr } = printedBy([...LAUNCH, "/bin/true"], [], folder);
			expect(stderr).not.toContain("s3ntinel");
			expect({ status }).not.toEqual({ status: 0 });
		});

		it("name a file that does not exist without harm", () => {
			expect(printedBy([...LAUNCH, "no-such-\xe9"], [["PATH", "/bin"]])).toMatchObject({ status: 127 });
		});
	}
});

describe("a pattern of variables", () => {
	it("takes no time, however many asterisks it has", () => {
		const name = "a".repeat(60);
		const pattern = `${"*a".repeat(20)}*b`;
		const args = ["--strip", pattern, "--strip", "*X*Z", "--", "env"];
		const { status, stdout } = launchSync(args, {
			cwd: EMPTY,
			env: { PATH: process.env.PATH, [name]: "1", AXYZ: "2", XYZA: "3" },
		});
		expect(status).toBe(0);
		expect(stdout).toContain(`${name}=1\n`);
		expect(stdout).toContain("XYZA=3\n");
		expect(stdout).not.toContain("AXYZ");
	});
});

describe("a variable that switches something of the runtime", () => {
	const SWITCHES: readonly (readonly [string, string])[] = [
		["BUN_BE_BUN", "1"],
		["BUN_OPTIONS", "--version"],
		["BUN_OPTIONS", "--preload /no/such/file"],
		["BUN_INSPECT", "ws://127.0.0.1:0/x"],
		["BUN_INSPECT_PRELOAD", "/no/such/file"],
		["BUN_CONFIG_VERBOSE_FETCH", "curl"],
		// Node has these two for itself.
		...(BUILD === "npm"
			? []
			: ([
					["NODE_OPTIONS", "--require /no/such/file"],
					["NODE_CHANNEL_FD", "0"],
					["NODE_CHANNEL_FD", "99"],
				] as const)),
	];

	it.each(SWITCHES)("reaches the command and does not act on the launcher: %s=%s", (name, value) => {
		const variables = [["PATH", "/usr/bin:/bin"] as const, [name, value] as const];
		const plain = printedBy(["/bin/cat", "/proc/self/environ"], variables);
		const launched = printedBy([...LAUNCH, "/bin/cat", "/proc/self/environ"], variables);
		expect({ ...launched, stdout: sorted(launched.stdout) }).toEqual({
			status: 0,
			stderr: "",
			stdout: sorted(plain.stdout),
		});
	});
});

describe("the variables of an env file named on the command line", () => {
	const folder = folderWith("app/secret_key: SECRET_KEY\n");
	writeFileSync(join(folder, "names.env"), "SECRET_KEY=from-the-file\nOTHER=from-the-file\n");

	it.each([
		["-e", "names.env"],
		["--env-file", "names.env"],
		["--env-file=names.env", "--quiet"],
	])("serve the map and do not reach the command by themselves: %s %s", (...options) => {
		const { status, stdout } = launchSync([...options, "--", "env"], {
			cwd: folder,
			env: { PATH: process.env.PATH },
		});
		expect(status).toBe(0);
		expect(stdout).toContain("SECRET_KEY=from-the-file\n");
		expect(stdout).not.toContain("OTHER");
	});

	it("reach it where a command of its own is told to read it", () => {
		const args = [
			"-e",
			"names.env",
			"--",
			process.execPath,
			"--env-file=names.env",
			"-p",
			"process.env.OTHER",
		];
		const { stdout } = launchSync(args, { cwd: folder, env: {} });
		expect(stdout).toBe("from-the-file\n");
	});
});
