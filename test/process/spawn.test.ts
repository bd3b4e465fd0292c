import { describe, expect, it } from "vitest";
import { folderWith, launch } from "./launch.ts";

const EMPTY = folderWith("{}\n");
const SHELL = (script: string) => ["--", "sh", "-c", script];

describe("the exit status", () => {
	it.each([0, 1, 2, 42, 126, 127, 128, 143, 255])("is the command's own: %i", async (status) => {
		const { ended } = launch(EMPTY, SHELL(`exit ${status}`));
		expect(await ended).toMatchObject({ status, signal: null });
	});

	it.each(["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGKILL", "SIGUSR1", "SIGPIPE", "SIGSEGV", "SIGABRT"])(
		"is the command's fatal signal: %s",
		async (signal) => {
			const { ended } = launch(EMPTY, SHELL(`kill -${signal.slice(3)} $$`));
			expect(await ended).toMatchObject({ status: null, signal });
		},
	);

	it("is 127 for a command that does not exist", async () => {
		const { status, stderr } = await launch(EMPTY, ["--", "no-such-command"]).ended;
		expect(status).toBe(127);
		expect(stderr).toMatch(/The command no-such-command was not found.*\[DSTA_COMMAND_NOT_FOUND]\n {2}fix: /);
	});

	it.each([["/etc/passwd"], ["/tmp"]])("is 126 for a command that cannot be executed: %s", async (file) => {
		const { status, stderr } = await launch(EMPTY, ["--", file]).ended;
		expect(status).toBe(126);
		expect(stderr).toContain("[DSTA_NOT_EXECUTABLE]");
	});
});

describe("a signal", () => {
	const FORWARDED = ["TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "WINCH", "CONT", "ALRM", "URG"];

	it.each(FORWARDED)("reaches the command once: %s", async (name) => {
		const { child, ended, said } = launch(EMPTY, [
			"--",
			process.execPath,
			"-e",
			`process.on("SIG${name}", () => { console.log("got ${name}"); setImmediate(() => process.exit(3)); });
			setInterval(() => {}, 1000); console.log("ready");`,
		]);
		await said("ready");
		child.kill(`SIG${name}` as NodeJS.Signals);
		const { status, stdout } = await ended;
		expect(status).toBe(3);
		expect(stdout.split(`got ${name}`)).toHaveLength(2);
	});

	it("that the command ignores does not end the launcher, and the second one still arrives", async () => {
		const { child, ended, said } = launch(EMPTY, [
			"--",
			process.execPath,
			"-e",
			`let n = 0; process.on("SIGTERM", () => { console.log("term" + ++n); if (n === 2) process.exit(9); });
			setInterval(() => {}, 1000); console.log("ready");`,
		]);
		await said("ready");
		child.kill("SIGTERM");
		await said("term1");
		child.kill("SIGTERM");
		expect(await ended).toMatchObject({ status: 9 });
	});

	it("that kills the command kills the launcher in the same way", async () => {
		const { child, ended, said } = launch(EMPTY, SHELL("echo ready; exec sleep 1000"));
		await said("ready");
		child.kill("SIGTERM");
		expect(await ended).toMatchObject({ status: null, signal: "SIGTERM" });
	});
});

describe("the command's environment", () => {
	const printed = async (args: readonly string[], env: NodeJS.ProcessEnv) => {
		const folder = folderWith("app/secret_key: SECRET_KEY\n");
		const { stdout } = await launch(folder, [...args, "--", "env"], { SECRET_KEY: "s3cret", ...env }).ended;
		return stdout.split("\n");
	};

	it("holds the secrets and what is inherited, without Vault's login variables", async () => {
		const lines = await printed([], {
			OTHER: "kept",
			VAULT_TOKEN: "t",
			BAO_TOKEN: "t",
			VAULT_SECRET_ID: "t",
		});
		expect(lines).toEqual(expect.arrayContaining(["SECRET_KEY=s3cret", "OTHER=kept"]));
		expect(lines.join("\n")).not.toMatch(/VAULT_TOKEN|BAO_TOKEN|VAULT_SECRET_ID/);
	});

	it("holds a login variable that --pass names, and not what --strip names", async () => {
		const lines = await printed(["--pass", "VAULT_*", "--strip", "OTH*"], { OTHER: "x", VAULT_TOKEN: "t" });
		expect(lines).toContain("VAULT_TOKEN=t");
		expect(lines).not.toContain("OTHER=x");
	});

	it("holds little else with --pristine", async () => {
		const lines = await printed(["--pristine"], { OTHER: "x", LC_ALL: "C" });
		expect(lines).toEqual(expect.arrayContaining(["SECRET_KEY=s3cret", "LC_ALL=C"]));
		expect(lines).not.toContain("OTHER=x");
	});

	it("cannot hold a variable of more than 131071 bytes, and the error names it without its value", async () => {
		const folder = folderWith("app/secret_key: SECRET_KEY\n");
		const env = (size: number) => `SECRET_KEY=${"x".repeat(size - "SECRET_KEY=".length)}\n`;
		const { writeFileSync } = await import("node:fs");
		writeFileSync(`${folder}/.env`, env(131_071));
		expect(await launch(folder, ["--", "true"]).ended).toMatchObject({ status: 0 });
		writeFileSync(`${folder}/.env`, env(131_072));
		const { status, stderr } = await launch(folder, ["--", "true"]).ended;
		expect(status).toBe(65);
		expect(stderr).toContain("SECRET_KEY");
		expect(stderr).not.toContain("xxxx");
	});
});
