/*
 * Makes Debian packages of the standalone executables: `npm run build:deb`, or with the names of some architectures for those
 * alone (`x64`, `arm64`). They are made of what `npm run build:standalone` has left in dist/standalone, by dpkg-deb.
 */
import { execFileSync } from "node:child_process";
import {
	chmodSync,
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";

const ROOT = import.meta.dirname;
const OUT = join(ROOT, "dist/deb");

/** What Debian calls an architecture. */
const ARCHITECTURES = { x64: "amd64", arm64: "arm64" } as const;

/** Where the shells look for what completes a command line. */
const COMPLETIONS = {
	bash: "usr/share/bash-completion/completions/dsta-run",
	zsh: "usr/share/zsh/vendor-completions/_dsta-run",
	fish: "usr/share/fish/vendor_completions.d/dsta-run.fish",
};

const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const asked = process.argv.slice(2);
for (const [name, architecture] of Object.entries(ARCHITECTURES))
	if (asked.length === 0 || asked.includes(name)) makePackage(name, architecture);

function makePackage(name: string, architecture: string): void {
	const executable = join(ROOT, `dist/standalone/dsta-run-linux-${name}`);
	if (!existsSync(executable))
		throw new Error(`There is no ${executable}: npm run build:standalone -- linux-${name}`);
	const folder = mkdtempSync(join(tmpdir(), "dsta-run-deb-"));
	try {
		chmodSync(folder, 0o755);
		place(folder, "usr/bin/dsta-run", readFileSync(executable), 0o755);
		const docs = "usr/share/doc/dsta-run";
		place(folder, `${docs}/copyright`, copyright());
		place(folder, `${docs}/README.md`, readFileSync(join(ROOT, "README.md")));
		place(folder, `${docs}/changelog.gz`, gzipSync(readFileSync(join(ROOT, "CHANGELOG.md")), { level: 9 }));
		cpSync(join(ROOT, "examples/systemd"), join(folder, docs, "examples/systemd"), { recursive: true });
		const manual = readFileSync(join(ROOT, "dist/dsta-run.1"));
		place(folder, "usr/share/man/man1/dsta-run.1.gz", gzipSync(manual, { level: 9 }));
		for (const [shell, file] of Object.entries(COMPLETIONS)) place(folder, file, completionOf(shell));
		place(folder, "DEBIAN/control", control(architecture, readFileSync(executable)));
		mkdirSync(OUT, { recursive: true });
		const file = join(OUT, `dsta-run_${version}_${architecture}.deb`);
		execFileSync("dpkg-deb", ["--root-owner-group", "-Zzstd", "--build", folder, file], { stdio: "ignore" });
		console.log(file.slice(ROOT.length + 1));
	} finally {
		rmSync(folder, { recursive: true });
	}
}

function place(folder: string, path: string, content: string | Buffer, mode = 0o644): void {
	const file = join(folder, path);
	mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
	writeFileSync(file, content, { mode });
}

function completionOf(shell: string): Buffer {
	return execFileSync(process.execPath, [join(ROOT, "dist/cli.cjs"), "completion", shell]);
}

// https://www.debian.org/doc/debian-policy/ch-controlfields.html
function control(architecture: string, executable: Buffer): string {
	return `Package: dsta-run
Version: ${version}
Architecture: ${architecture}
Maintainer: The dsta-run authors <noreply@dsta-run.invalid>
Installed-Size: ${Math.ceil(executable.length / 1024)}
Depends: libc6 (>= ${libcVersion(executable)})
Section: admin
Priority: optional
Description: start any command with its secrets
 dsta-run resolves secrets from Vault, OpenBao, AWS Secrets Manager or the
 environment by a map, starts a command with them as environment variables,
 and forwards signals to it. It is one executable without dependencies.
`;
}

/** The newest version of glibc that an executable asks for, by the names of the symbol versions in it. */
function libcVersion(executable: Buffer): string {
	const minors = executable.toString("latin1").matchAll(/\0GLIBC_2\.(\d+)(?=\0)/g);
	return `2.${Math.max(...[...minors].map(([, minor]) => Number(minor)))}`;
}

function copyright(): string {
	const texts = ["LICENSE", "dist/THIRD-PARTY-LICENSES.txt"].map((file) =>
		readFileSync(join(ROOT, file), "utf8"),
	);
	return texts.join(`\n${"-".repeat(80)}\n\n`);
}
