import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";

const ROOT = new URL("..", import.meta.url).pathname;

describe("the package, packed and installed", () => {
	const folder = mkdtempSync(join(tmpdir(), "dsta-run-package-"));
	const env = {
		PATH: [join(folder, "node_modules/.bin"), dirname(process.execPath), process.env.PATH].join(delimiter),
		HOME: folder,
	};
	const run = (file: string, ...args: string[]) =>
		execFileSync(file, args, { cwd: folder, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

	beforeAll(() => {
		const [{ filename }] = JSON.parse(
			execFileSync("npm", ["pack", "--json", "--pack-destination", folder], { cwd: ROOT, encoding: "utf8" }),
		);
		writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
		run("npm", "install", "--offline", "--no-audit", "--no-fund", join(folder, filename));
	});

	it("is one package, without dependencies and scripts of its own", () => {
		const { dependencies } = JSON.parse(run("npm", "ls", "--all", "--json"));
		expect(Object.keys(dependencies)).toEqual(["dsta-run"]);
		expect(dependencies["dsta-run"].dependencies).toBeUndefined();
	});

	it("has the executable and the library", () => {
		expect(run("dsta-run", "version")).toMatch(/^dsta-run \d+\.\d+\.\d+ \(node /);
		const program = 'import { SecretManager } from "dsta-run"; console.log(typeof SecretManager);';
		expect(run("node", "--input-type=module", "--eval", program)).toBe("function\n");
	});

	it("brings the licenses of the libraries in it", () => {
		const file = join(folder, "node_modules/dsta-run/dist/THIRD-PARTY-LICENSES.txt");
		const licenses = readFileSync(file, "utf8");
		for (const name of ["@aws-sdk/client-secrets-manager", "execa", "node-vault", "yaml"])
			expect(licenses).toMatch(new RegExp(`^${name} \\d\\S+ \\(\\S+\\)$`, "m"));
	});

	it("follows what publint asks of a package", () => {
		const linter = join(ROOT, "node_modules/publint/src/cli.js");
		expect(execFileSync(process.execPath, [linter, ROOT, "--strict"], { encoding: "utf8" })).toContain(
			"All good!",
		);
	});
});
