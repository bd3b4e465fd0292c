import { beforeAll, describe, expect, it } from "vitest";
import { folderWith, launch } from "../process/launch.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const ENV = { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN };

describe.skipIf(ADDRESS === "")("a wildcard", () => {
	beforeAll(async () => {
		const store = (secret: string, data: object) =>
			askVault(ADDRESS, "POST", `secret/data/wild/${secret}`, { data });
		await store("nulls", { PATH: null, "9": null, "a-b": null, a_b: "1" });
		await store("empty", {});
		await store("nothing", { a: null });
		await store("loader", { PATH: "/evil", a: "1" });
		await store("one", { key: "1" });
		await store("two", { key: "2", other: "3" });
	});

	const run = (map: string, ...args: string[]) => launch(folderWith(map), args, ENV).ended;
	const env = ["--", "env"];

	it("takes a field that is null for absent, whatever its name would be", async () => {
		const { status, stdout } = await run('wild/nulls/*: "*"\n', ...env);
		expect(status).toBe(0);
		expect(stdout).toMatch(/^A_B=1$/m);
	});

	it.each(["empty", "nothing"])("of a secret without a value is not found: %s", async (secret) => {
		const { status, stderr } = await run(`wild/${secret}/*: X_*\n`, ...env);
		expect(status).toBe(66);
		expect(stderr).toContain(`Secret not found: wild/${secret}/*`);
	});

	it("never sets what changes how programs are loaded, unless a line names it", async () => {
		const refused = await run('wild/loader/*: "*"\n', ...env);
		expect(refused.status).toBe(65);
		expect(refused.stderr).toContain('wild/loader/* has a key "PATH"');
		expect(refused.stderr).not.toContain("/evil");
		const named = await run(
			'wild/loader/*: "*"\nwild/loader/PATH: PATH\n',
			"--",
			process.execPath,
			"-p",
			"process.env.PATH",
		);
		expect(named).toMatchObject({ status: 0, stdout: "/evil\n" });
	});

	it("never meets another one, and yields to a line that names its variable", async () => {
		const both = await run("wild/one/*: X_*\nwild/two/*: X_*\n", ...env);
		expect(both.status).toBe(65);
		expect(both.stderr).toContain("would set X_KEY");
		const decided = await run("wild/one/*: X_*\nwild/two/*: X_*\nwild/two#key: X_KEY\n", ...env);
		expect(decided.status).toBe(0);
		expect(decided.stdout).toMatch(/^X_KEY=2$/m);
		expect(decided.stdout).toMatch(/^X_OTHER=3$/m);
	});
});
