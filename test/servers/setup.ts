import { findServers } from "./install.ts";
import { type Server, startMoto, startVault } from "./start.ts";

/** Starts the real servers for the whole run. Where they cannot be had, CI fails and others are told loudly what was skipped. */
export default async function setup(): Promise<() => void> {
	// It costs time in every child, and the tests talk to no public server.
	delete process.env.NODE_EXTRA_CA_CERTS;
	const servers: Server[] = [];
	try {
		const { moto, vault } = findServers();
		const [vaultServer, motoServer] = await Promise.all([startVault(vault), startMoto(moto)]);
		servers.push(vaultServer, motoServer);
		process.env.DSTA_TEST_VAULT = vaultServer.address;
		process.env.DSTA_TEST_MOTO = motoServer.address;
	} catch (error) {
		if (process.env.CI) throw error;
		return () =>
			process.stderr.write(
				`\nSKIPPED: every test that needs OpenBao or moto, which did not start: ${error}\n`,
			);
	}
	return () => {
		for (const server of servers) server.stop();
	};
}
