import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { IS_PREPARED, PREPARED } from "./examples/prepared.ts";

const ROOT = new URL("..", import.meta.url).pathname;

describe("the package, packed and installed", () => {
	const folder = mkdtempSync(join(tmpdir(), "dsta-run-package-"));
	const env = {
		PATH: [join(folder, "node_modules/.bin"), dirname(process.execPath), process.env.PATH].join(delimiter),
		HOME: folder,
	};
	const run = (file: string, ...args: string[]) =>
		execFileSync(file, args, { cwd: folder, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

	let packed: readonly string[] = [];
	let size = 0;

	beforeAll(() => {
		const [{ filename, files, size: bytes }] = JSON.parse(
			execFileSync("npm", ["pack", "--json", "--pack-destination", folder], { cwd: ROOT, encoding: "utf8" }),
		);
		writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
		run("npm", "install", "--offline", "--no-audit", "--no-fund", join(folder, filename));
		size = bytes;
		packed = files.map(({ path }: { path: string }) => path);
	});

	it("holds the executable, the library with its types, and no source or test", () => {
		const kinds = packed.map((path) =>
			path
				.replace(/^dist\/types\/.*\.d\.ts$/, "dist/types/*.d.ts")
				.replace(/^dist\/(?!(?:cli|index|register|testing)\.)[\w-]+\.(cjs|mjs)$/, "dist/*.$1"),
		);
		expect([...new Set(kinds)].sort()).toEqual(
			[
				"CHANGELOG.md",
				"LICENSE",
				"README.md",
				"dist/*.cjs",
				"dist/*.mjs",
				"dist/THIRD-PARTY-LICENSES.txt",
				"dist/cli.cjs",
				"dist/dsta-run.1",
				"dist/index.mjs",
				"dist/register.mjs",
				"dist/sbom.cdx.json",
				"dist/schema.json",
				"dist/testing.mjs",
				"dist/types/*.d.ts",
				"package.json",
			].sort(),
		);
		expect(size).toBeLessThan(2.5 * 2 ** 20);
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

	it.skipIf(!IS_PREPARED).each(["22", "26"])("runs by npx on Node %s", (major) => {
		writeFileSync(join(folder, "secrets.map.yaml"), "exchange/binance/api_key: BINANCE_API_KEY\n");
		const PATH = [join(PREPARED, `node/node_modules/node-${major}/bin`), process.env.PATH].join(delimiter);
		const words = [
			"--no-install",
			"dsta-run",
			"--",
			"node",
			"-p",
			"process.version + process.env.BINANCE_API_KEY",
		];
		const printed = execFileSync("npx", words, {
			cwd: folder,
			env: { PATH, HOME: folder, BINANCE_API_KEY: "key" },
			encoding: "utf8",
		});
		expect(printed).toMatch(new RegExp(`^v${major}\\.[\\d.]+key\n$`));
	});

	it("has the schema of a map and the manual page, as the executable prints them", () => {
		const textOf = (name: string) => readFileSync(join(folder, "node_modules/dsta-run/dist", name), "utf8");
		expect(textOf("schema.json")).toBe(run("dsta-run", "schema"));
		expect(textOf("dsta-run.1")).toBe(run("dsta-run", "help", "--man"));
	});

	it("brings the licenses of the libraries in it", () => {
		const file = join(folder, "node_modules/dsta-run/dist/THIRD-PARTY-LICENSES.txt");
		const licenses = readFileSync(file, "utf8");
		for (const name of ["@aws-sdk/client-secrets-manager", "execa", "node-vault", "yaml"])
			expect(licenses).toMatch(new RegExp(`^${name} \\d\\S+ \\(\\S+\\)$`, "m"));
	});

	it("lists the libraries in it, with the checksums of the lockfile", () => {
		const bill = readJson(join(folder, "node_modules/dsta-run/dist/sbom.cdx.json"));
		const names = bill.components.map(({ purl }: { purl: string }) => purl.replace(/@[^@]*$/, ""));
		for (const name of ["%40aws-sdk/client-secrets-manager", "execa", "node-vault", "yaml"])
			expect(names).toContain(`pkg:npm/${name}`);
		const { packages } = readJson(join(ROOT, "package-lock.json"));
		const yaml = bill.components.find(({ name }: { name: string }) => name === "yaml");
		expect(Buffer.from(yaml.hashes[0].content, "hex").toString("base64")).toBe(
			packages["node_modules/yaml"].integrity.replace("sha512-", ""),
		);
	});

	it("follows what publint asks of a package", () => {
		const linter = join(ROOT, "node_modules/publint/src/cli.js");
		expect(execFileSync(process.execPath, [linter, ROOT, "--strict"], { encoding: "utf8" })).toContain(
			"All good!",
		);
	});
});

describe("the standalone executable, built", () => {
	it("has a checksum, and a list of the libraries in it and of its runtime", () => {
		const folder = join(ROOT, "dist/standalone");
		execFileSync("sha256sum", ["--check", "--quiet", "SHA256SUMS"], { cwd: folder });
		const { components } = readJson(join(folder, "sbom.cdx.json"));
		const purls = components.map(({ purl }: { purl: string }) => purl);
		expect(purls).toContainEqual(expect.stringMatching(/^pkg:npm\/bun@1\./));
		expect(purls).toContainEqual(expect.stringMatching(/^pkg:npm\/node-vault@/));
	});

	it("is installed and removed as a Debian package", () => {
		const built = execFileSync(process.execPath, ["deb.build.ts", process.arch], {
			cwd: ROOT,
			encoding: "utf8",
		});
		const root = mkdtempSync(join(tmpdir(), "dsta-run-deb-"));
		mkdirSync(join(root, "var/lib/dpkg/updates"), { recursive: true });
		mkdirSync(join(root, "var/lib/dpkg/info"));
		writeFileSync(join(root, "var/lib/dpkg/status"), "");
		// Into a root of its own, which has no C library that the package could be told of.
		const dpkg = (...words: string[]) =>
			execFileSync(
				"dpkg",
				[
					`--instdir=${root}`,
					`--admindir=${root}/var/lib/dpkg`,
					"--log=/dev/null",
					"--force-depends,not-root",
					...words,
				],
				{ stdio: "pipe" },
			);
		dpkg("--install", join(ROOT, built.trim()));
		const executable = join(root, "usr/bin/dsta-run");
		expect(execFileSync(executable, ["version"], { encoding: "utf8" })).toMatch(
			/^dsta-run \S+ \(standalone, /,
		);
		for (const file of [
			"doc/dsta-run/examples/systemd/api.service",
			"man/man1/dsta-run.1.gz",
			"bash-completion/completions/dsta-run",
			"zsh/vendor-completions/_dsta-run",
			"fish/vendor_completions.d/dsta-run.fish",
		])
			expect(existsSync(join(root, "usr/share", file)), file).toBe(true);
		dpkg("--remove", "dsta-run");
		expect(existsSync(join(root, "usr"))).toBe(false);
		rmSync(root, { recursive: true });
	});
});

function readJson(file: string) {
	return JSON.parse(readFileSync(file, "utf8"));
}
