import { createPrivateKey, X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { folderWith, launch } from "../process/launch.ts";
import { findPostgres, type Postgres, startPostgres } from "../servers/postgres.ts";
import { askVault } from "../servers/start.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const PROGRAMS = findPostgres();

const CREATE = `CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`;
const CREDS = "database/creds/app";
const RAW = "vault: { engine: raw }";
const MAP = [
	"secrets:",
	`  ${CREDS}#username: { env: PGUSER, ${RAW} }`,
	`  ${CREDS}/password: { env: PGPASSWORD, ${RAW} }`,
	"templates:",
	`  URL: postgresql://\${${CREDS}#/username|url}:\${${CREDS}#password|url}@127.0.0.1:$PORT/postgres`,
	"",
].join("\n");

/** The least that a token needs for all of this, beside the default policy, which lets it renew. */
const POLICY = `
path "${CREDS}" { capabilities = ["read"] }
path "pki/issue/web" { capabilities = ["update"] }
path "sys/leases/revoke" { capabilities = ["update"] }
`;

describe.skipIf(ADDRESS === "" || PROGRAMS === undefined)(
	"a user of a database, made by Vault for one run",
	() => {
		let postgres: Postgres;
		let token: string;

		beforeAll(async () => {
			postgres = await startPostgres(PROGRAMS as string);
			const url = `postgresql://{{username}}:{{password}}@127.0.0.1:${postgres.port}/postgres?sslmode=disable`;
			await askVault(ADDRESS, "POST", "sys/mounts/database", { type: "database" });
			await askVault(ADDRESS, "POST", "database/config/postgres", {
				plugin_name: "postgresql-database-plugin",
				allowed_roles: "*",
				connection_url: url,
				username: "postgres",
				password: postgres.password,
			});
			await askVault(ADDRESS, "POST", "database/roles/app", {
				db_name: "postgres",
				creation_statements: CREATE,
				default_ttl: "3s",
				max_ttl: "1h",
			});
			await askVault(ADDRESS, "POST", "sys/policies/acl/dynamic", { policy: POLICY });
			const { auth } = await askVault(ADDRESS, "POST", "auth/token/create", { policies: ["dynamic"] });
			token = (auth as { client_token: string }).client_token;
		});

		afterAll(() => postgres?.stop());

		const start = (args: readonly string[], map = MAP) =>
			launch(folderWith(map.replace("$PORT", String(postgres.port))), args, {
				VAULT_ADDR: ADDRESS,
				VAULT_TOKEN: token,
				PGHOST: "127.0.0.1",
				PGPORT: String(postgres.port),
				PGDATABASE: "postgres",
			});
		const usersLeft = () => postgres.query("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'v-%'");
		// A revocation is answered before it is done.
		const untilNobodyIsLeft = () => vi.waitFor(() => expect(usersLeft()).toBe("0"), 5000);

		it("logs in with the name and the password of one lease, and is gone afterwards", async () => {
			const script = `psql -Atc 'SELECT current_user'; psql "$URL" -Atc 'SELECT current_user'`;
			const { status, stderr, stdout } = await start(["--", "sh", "-c", script]).ended;
			expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
			const [name, same] = stdout.split("\n");
			expect(name).toMatch(/^v-token-app-/);
			expect(same).toBe(name);
			await untilNobodyIsLeft();
		});

		it("can still log in when its first time is over", async () => {
			const script = "psql -Atc 'SELECT 1'; read line; psql -Atc 'SELECT 2'";
			const running = start(["--", "sh", "-c", script]);
			await running.said("1");
			const valid = () =>
				Number(
					postgres.query(
						"SELECT extract(epoch FROM max(rolvaliduntil)) FROM pg_roles WHERE rolname LIKE 'v-%'",
					),
				);
			const first = valid();
			// Renewed after its first three seconds, it is valid for more than these.
			await vi.waitFor(() => expect(valid() - first).toBeGreaterThanOrEqual(3), {
				timeout: 10_000,
				interval: 200,
			});
			running.child.stdin?.end("\n");
			expect(await running.ended).toMatchObject({ status: 0, stderr: "", stdout: "1\n2\n" });
			await untilNobodyIsLeft();
		});

		it("is gone after check and get as well", async () => {
			const check = await start(["check"]).ended;
			expect(check.stdout).toMatch(/^PGPASSWORD +database\/creds\/app\/password +vault +ok/m);
			const get = await start(["get", `${CREDS}#username`]).ended;
			expect(get.stdout).toMatch(/^v-token-app-/);
			await untilNobodyIsLeft();
		});

		it("is still there after an export, which says that nobody looks after it, and ends by itself", async () => {
			const { status, stderr, stdout } = await start(["export", "--format", "json"]).ended;
			expect({ status, user: JSON.parse(stdout).PGUSER, left: usersLeft() }).toEqual({
				status: 0,
				user: expect.stringMatching(/^v-token-app-/),
				left: "1",
			});
			expect(stderr).toContain(`after an export nobody is left to renew and to revoke the lease of ${CREDS}`);
			await vi.waitFor(() => expect(usersLeft()).toBe("0"), 10_000);
		});

		it("has a certificate beside it, whose key is of the same answer", async () => {
			await askVault(ADDRESS, "POST", "sys/mounts/pki", { type: "pki" });
			await askVault(ADDRESS, "POST", "pki/root/generate/internal", {
				common_name: "root",
				key_type: "ec",
				key_bits: 256,
			});
			await askVault(ADDRESS, "POST", "pki/roles/web", {
				allowed_domains: "example.com",
				allow_subdomains: true,
				key_type: "ec",
			});
			const data =
				"data: { common_name: web.example.com, alt_names: 'a.example.com,b.example.com', ttl: 1h }";
			const vault = `vault: { engine: raw, method: POST, ${data} }`;
			const map = [
				`pki/issue/web#certificate: { env: CERT, as: file, ${vault} }`,
				`pki/issue/web#private_key: { env: KEY, type: pem, ${vault} }`,
				`pki/issue/web#/ca_chain/0: { env: CA, ${vault} }`,
				"",
			].join("\n");
			const { status, stderr, stdout } = await start(
				["--", "sh", "-c", 'cat "$CERT"; echo; echo "$KEY"'],
				map,
			).ended;
			expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
			const [certificate, key] = stdout.split(/(?<=END CERTIFICATE-----\n)/) as [string, string];
			const made = new X509Certificate(certificate);
			expect(made.subjectAltName?.split(", ").sort()).toEqual(
				["a", "b", "web"].map((name) => `DNS:${name}.example.com`),
			);
			expect(made.checkPrivateKey(createPrivateKey(key))).toBe(true);
		});

		it("is unavailable without its database, and what the engine says of that is not shown", async () => {
			await postgres.stop();
			const { status, stderr } = await start(["check"]).ended;
			expect(status).toBe(75);
			expect(stderr).toContain("the secrets engine could not make database/creds/app (HTTP 500");
			expect(stderr).not.toContain(postgres.password);
			expect(stderr).not.toContain(`:${postgres.port}`);
		});
	},
);
