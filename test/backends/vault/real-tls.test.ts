import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderWith, launch } from "../../process/launch.ts";
import { findServers } from "../../servers/install.ts";
import { askVault, freePort, ROOT_TOKEN, type Server, startVault } from "../../servers/start.ts";
import { certificateFile } from "./fake-vault.ts";

describe.skipIf(!process.env.DSTA_TEST_VAULT)("A real server", () => {
	const folder = mkdtempSync(join(tmpdir(), "dsta-run-listeners-"));
	const socket = join(folder, "vault.sock");
	let server: Server;
	let address: string;

	beforeAll(async () => {
		// The port after it is for a cluster that there is none of.
		const port = await freePort(2);
		address = `https://127.0.0.1:${port}`;
		const config = join(folder, "listeners.hcl");
		writeFileSync(
			config,
			`listener "tcp" {
				address = "127.0.0.1:${port}"
				tls_cert_file = "${certificateFile("valid.pem")}"
				tls_key_file = "${certificateFile("server.key")}"
				tls_client_ca_file = "${certificateFile("ca.pem")}"
				tls_require_and_verify_client_cert = true
			}
			listener "unix" { address = "${socket}" }
			`,
		);
		server = await startVault(findServers().vault, [`-config=${config}`]);
		await askVault(server.address, "POST", "secret/data/a/b", { data: { c: "sentinel-value" } });
	});
	afterAll(() => server?.stop());

	const CA = { VAULT_CACERT: certificateFile("ca.pem") };
	const clientOf = (certificate: string, key: string) => ({
		VAULT_CLIENT_CERT: certificateFile(certificate),
		VAULT_CLIENT_KEY: certificateFile(key),
	});

	it.each<[what: string, env: () => Record<string, string>, status: number, words: RegExp]>([
		[
			"with TLS to one who has a certificate",
			() => ({ ...CA, ...clientOf("client.pem", "client.key") }),
			0,
			/^$/,
		],
		["over a Unix socket", () => ({ VAULT_ADDR: `unix://${socket}` }), 0, /^$/],
		["not to one without a certificate", () => CA, 75, /TLS: it wants a client certificate/],
		[
			"not to one whose certificate it does not know",
			() => ({ ...CA, ...clientOf("self-signed.pem", "server.key") }),
			75,
			/TLS: it does not accept the client certificate/,
		],
		[
			"not to one who does not know its own",
			() => clientOf("client.pem", "client.key"),
			75,
			/TLS: its certificate is from an unknown authority/,
		],
	])("gives its secrets %s", async (_what, env, status, words) => {
		const whole = { VAULT_ADDR: address, VAULT_TOKEN: ROOT_TOKEN, ...env() };
		const map = folderWith("a/b/c: { env: C, backend: vault }\n");
		const ended = await launch(map, ["--", "printenv", "C"], whole).ended;
		expect({ status: ended.status, stdout: ended.stdout }).toEqual({
			status,
			stdout: status === 0 ? "sentinel-value\n" : "",
		});
		expect(ended.stderr).toMatch(words);
		expect(ended.stderr).not.toMatch(/sentinel|root-token/);
	});
});
