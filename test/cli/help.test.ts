import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { COMMANDS, OPTIONS } from "../../src/cli/usage.ts";
import { folderWith, launch } from "../process/launch.ts";

const FOLDER = folderWith("{}\n");
const text = async (...args: string[]) => {
	const { status, stderr, stdout } = await launch(FOLDER, args, { DSTA_TIMEOUT: "soon" }).ended;
	expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
	return stdout;
};

describe("the help", () => {
	it("of the program is the same by every way, on standard output", async () => {
		const help = await text("help");
		expect(await text("--help")).toBe(help);
		expect(await text("-h")).toBe(help);
		expect(await text("help", "help")).toBe(help);
		expect(await text("help", "--help")).toBe(help);
		for (const name of Object.keys(COMMANDS)) expect(help).toMatch(new RegExp(`^  ${name} `, "m"));
	});

	it("of the program has the options of a run, and the help of each subcommand has its own", async () => {
		const shown = async (...words: string[]) =>
			new Set(
				[...(await text(...words)).matchAll(/^ {2}(?:-\w, | {4})--([\w-]+)/gm)].map(([, name]) => name),
			);
		const meant = (command: string) =>
			Object.entries<{ readonly commands?: readonly string[] }>(OPTIONS)
				.filter(([, { commands }]) => commands?.includes(command) ?? true)
				.map(([name]) => name);
		expect(await shown("help")).toEqual(new Set(meant("run")));
		for (const name of Object.keys(COMMANDS).filter((command) => command !== "help"))
			expect(await shown("help", name)).toEqual(new Set(meant(name)));
	});

	it.each(Object.keys(COMMANDS).filter((name) => name !== "help"))(
		"of %s is the same by both ways",
		async (name) => {
			const help = await text("help", name);
			expect(await text(name, "--help")).toBe(help);
			expect(help).toMatch(new RegExp(`^Usage: dsta-run ${name} \\[OPTION…]`));
		},
	);

	it("of a subcommand that does not exist is a mistake that lists those that do", async () => {
		const { status, stderr, stdout } = await launch(FOLDER, ["help", "nope"]).ended;
		expect({ status, stdout }).toEqual({ status: 64, stdout: "" });
		expect(stderr).toContain("run, check, explain");
	});

	it("is the usage on standard error, with 64, where nothing is asked for", async () => {
		const { status, stderr, stdout } = await launch(FOLDER, []).ended;
		expect({ status, stdout }).toEqual({ status: 64, stdout: "" });
		expect(stderr).toBe(await text("help"));
	});

	it("fits a terminal of 130 columns", async () => {
		for (const line of (await text("help")).split("\n")) expect(line.length).toBeLessThanOrEqual(130);
	});

	it("is a manual page as well, of which man and groff have nothing to complain", async () => {
		const page = await text("help", "--man");
		const { stderr, stdout } = spawnSync("groff", ["-man", "-ww", "-Tascii", "-P-cbou"], {
			input: page,
			encoding: "utf8",
		});
		for (const name of Object.keys(OPTIONS))
			expect(page).toContain(`\\-\\-${name.replaceAll("-", "\\-")}\\fR`);
		if (stdout === null) return;
		expect(stderr).toBe("");
		for (const name of Object.keys(COMMANDS)) expect(stdout).toMatch(new RegExp(`^ {7}${name}\\b`, "m"));
	});
});
