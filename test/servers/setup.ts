import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { findServers } from "./install.ts";
import { type Server, startMoto, startVault } from "./start.ts";

/** Starts the real servers for the whole run of a project. Where they cannot be had, CI fails; elsewhere the tests that need them are skipped. */
export default async function setup({ config }: TestProject): Promise<() => void> {
	// It costs time in every child, and the tests talk to no public server.
	delete process.env.NODE_EXTRA_CA_CERTS;
	// What the tests leave there goes with it. Some of them start programs as other users.
	const folder = mkdtempSync(join(tmpdir(), "dsta-"));
	chmodSync(folder, 0o755);
	config.env = { ...config.env, DSTA_TEST_PYTHON: findPython(), TMPDIR: folder };
	const servers: Server[] = [];
	try {
		const { moto, vault } = findServers();
		const starting = [startVault(vault), startMoto(moto)] as const;
		for (const server of await Promise.allSettled(starting))
			if (server.status === "fulfilled") servers.push(server.value);
		const [vaultServer, motoServer] = await Promise.all(starting);
		const addresses = { DSTA_TEST_VAULT: vaultServer.address, DSTA_TEST_MOTO: motoServer.address };
		config.env = { ...config.env, ...addresses };
		// For the reporter, which belongs to no project.
		Object.assign(process.env, addresses);
	} catch (error) {
		for (const server of servers.splice(0)) server.stop();
		if (process.env.CI) throw error;
		process.stderr.write(`\nNo real servers: ${error instanceof Error ? error.message : error}\n\n`);
	}
	return () => {
		for (const server of servers) server.stop();
		rmSync(folder, { recursive: true, force: true });
	};
}

function findPython(): string {
	return execFileSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).trim();
}
