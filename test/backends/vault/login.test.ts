import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { BackendContext } from "../../../src/backends/backend.ts";
import { askVault } from "../../servers/start.ts";
import { startProxy } from "../../servers/wire.ts";
import { request } from "../aws/backend.ts";
import { harmlessFailure, openBackend, SENTINELS } from "./backend.ts";
import { certificateFile } from "./fake-vault.ts";
import {
	type AppRole,
	createAppRole,
	createIssuer,
	enable,
	fileWith,
	startCluster,
	storeLoginSecret,
} from "./logins.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const signal = () => AbortSignal.timeout(10_000);

type Auth = BackendContext["settings"];

/** Reads the secret by a login, from a home with the token of an earlier one. */
async function readBy(auth: Auth | undefined, env: Record<string, string> = {}): Promise<unknown> {
	using backend = openBackend(
		ADDRESS,
		{ VAULT_TOKEN: "", VAULT_NAMESPACE: "dsta", ...env },
		auth === undefined ? {} : { settings: { auth } },
	);
	return (await backend.read(request("login/key"), signal()))?.value;
}

const refusalOf = (auth: Auth | undefined, env?: Record<string, string>) =>
	harmlessFailure(readBy(auth, env));

describe.skipIf(ADDRESS === "")("a login to a real server", () => {
	const issuer = createIssuer();
	let role: AppRole;

	beforeAll(async () => {
		await storeLoginSecret(ADDRESS);
		role = await createAppRole(ADDRESS, "login-approle");
		await enable(ADDRESS, "userpass", "login-userpass");
		await askVault(ADDRESS, "POST", "auth/login-userpass/users/ci", {
			password: "sentinel pass wörd",
			token_policies: ["login"],
		});
		await enable(ADDRESS, "jwt", "login/jwt");
		await askVault(ADDRESS, "POST", "auth/login/jwt/config", { jwt_validation_pubkeys: [issuer.publicKey] });
		await askVault(ADDRESS, "POST", "auth/login/jwt/role/ci", {
			role_type: "jwt",
			user_claim: "sub",
			bound_audiences: ["vault"],
			token_policies: ["login"],
		});
	});

	it("is by AppRole, from the environment alone", async () => {
		const env = { VAULT_ROLE_ID: role.roleId, VAULT_AUTH_PATH: "login-approle" };
		expect(await readBy(undefined, { ...env, VAULT_SECRET_ID: await role.secretId() })).toBe(SENTINELS.value);
		const wrapped = await role.secretId({ wrapped: true });
		expect(await readBy(undefined, { ...env, VAULT_WRAPPED_TOKEN: wrapped })).toBe(SENTINELS.value);
	});

	it("is by AppRole, for many at once whose secret_id may be used so often and no more", async () => {
		const shared = await createAppRole(ADDRESS, "login-shared", { secret_id_num_uses: 24 });
		const auth = { method: "approle", mount: "login-shared", roleId: shared.roleId };
		const env = { VAULT_SECRET_ID: await shared.secretId(), VAULT_MAX_RETRIES: "10" };
		const values = await Promise.all(Array.from({ length: 24 }, () => readBy(auth, env)));
		expect(new Set(values)).toEqual(new Set([SENTINELS.value]));
		expect(await refusalOf(auth, env)).toMatchObject({ code: "DSTA_DENIED" });
	});

	it("is by AppRole, with its parts wherever the map says", async () => {
		const auth = { method: "approle", mount: "/login-approle/" };
		const fromFiles = {
			roleId: { file: fileWith(`${role.roleId}\n`) },
			secretId: { file: fileWith(`${await role.secretId()}\r\n`) },
		};
		expect(await readBy({ ...auth, ...fromFiles })).toBe(SENTINELS.value);
		const [folder, credential] = fileWith(await role.secretId({ wrapped: true })).split(/\/(?=[^/]*$)/) as [
			string,
			string,
		];
		const fromUnit = { roleId: role.roleId, secretId: { credential }, wrapped: true };
		expect(await readBy({ ...auth, ...fromUnit }, { CREDENTIALS_DIRECTORY: folder })).toBe(SENTINELS.value);
		const fromEnv = { roleId: { env: "CI_ROLE" }, secretId: { env: "CI_SECRET" } };
		const env = { CI_ROLE: role.roleId, CI_SECRET: await role.secretId() };
		expect(await readBy({ ...auth, ...fromEnv }, env)).toBe(SENTINELS.value);
	});

	it("by AppRole is refused once a secret_id is used up, and says what to look at", async () => {
		const env = { VAULT_ROLE_ID: role.roleId, VAULT_SECRET_ID: await role.secretId() };
		const auth = { method: "approle", mount: "login-approle" };
		await readBy(auth, env);
		const error = await refusalOf(auth, env);
		expect(error).toMatchObject({ code: "DSTA_DENIED", path: "auth/login-approle/login" });
		expect(error.message).toMatch(
			/refused the login by approle at auth\/login-approle\/ in namespace dsta: invalid role or secret ID$/,
		);
		expect(error.cure).toContain("vault write -f auth/login-approle/role/ROLE/secret-id");
		const wrapped = {
			VAULT_ROLE_ID: role.roleId,
			VAULT_WRAPPED_TOKEN: await role.secretId({ wrapped: true }),
		};
		await readBy(auth, wrapped);
		const used = await refusalOf(auth, wrapped);
		expect(used).toMatchObject({ code: "DSTA_DENIED" });
		expect(used.message).toContain("somebody else may have unwrapped the secret_id");
	});

	it("is by user and password", async () => {
		const auth = { method: "userpass", mount: "login-userpass", username: "ci" };
		const env = { CI_PASSWORD: "sentinel pass wörd", WRONG: "sentinel" };
		expect(await readBy({ ...auth, password: { env: "CI_PASSWORD" } }, env)).toBe(SENTINELS.value);
		const error = await refusalOf({ ...auth, password: { env: "WRONG" } }, env);
		expect(error.code).toBe("DSTA_DENIED");
		expect(error.message).toMatch(
			/login by userpass at auth\/login-userpass\/ in namespace dsta: invalid username or password$/,
		);
	});

	it("is by a JSON web token", async () => {
		const auth = { method: "jwt", mount: "login/jwt", role: "ci" };
		const CI_JWT = issuer.issue({ sub: "build", aud: "vault" });
		expect(await readBy({ ...auth, token: { env: "CI_JWT" } }, { CI_JWT })).toBe(SENTINELS.value);
		const env = {
			VAULT_AUTH_METHOD: "oidc",
			VAULT_AUTH_PATH: "login/jwt",
			VAULT_ROLE: "ci",
			VAULT_JWT_FILE: fileWith(`${CI_JWT}\n`),
		};
		expect(await readBy(undefined, env)).toBe(SENTINELS.value);
		const other = { CI_JWT: issuer.issue({ sub: "build", aud: "other" }) };
		const error = await refusalOf({ ...auth, token: { env: "CI_JWT" } }, other);
		expect(error.code).toBe("DSTA_DENIED");
		expect(error.message).toMatch(
			/by jwt at auth\/login\/jwt\/ with the role ci in namespace dsta: .*audience/,
		);
		expect(error.message).not.toContain(other.CI_JWT);
	});

	it("is by the service account of a pod, whose token is read anew each time", async () => {
		const account = { namespace: "prod", serviceaccount: { name: "api", uid: "1" } };
		const jwt = issuer.issue({ sub: "system:serviceaccount:prod:api", "kubernetes.io": account });
		await using cluster = await startCluster(jwt, {
			username: "system:serviceaccount:prod:api",
			uid: "1",
			groups: [],
		});
		await enable(ADDRESS, "kubernetes", "login-kubernetes");
		await askVault(ADDRESS, "POST", "auth/login-kubernetes/config", {
			kubernetes_host: cluster.address,
			kubernetes_ca_cert: readFileSync(certificateFile("ca.pem"), "utf8"),
			token_reviewer_jwt: jwt,
			disable_local_ca_jwt: true,
		});
		await askVault(ADDRESS, "POST", "auth/login-kubernetes/role/api", {
			bound_service_account_names: ["api"],
			bound_service_account_namespaces: ["prod"],
			token_policies: ["login"],
		});
		const file = fileWith(issuer.issue({ sub: "unknown", "kubernetes.io": account }));
		const auth = { method: "kubernetes", mount: "login-kubernetes", role: "api", token: { file } };
		using backend = openBackend(
			ADDRESS,
			{ VAULT_TOKEN: "", VAULT_NAMESPACE: "dsta" },
			{ settings: { auth } },
		);
		const error = await harmlessFailure(backend.read(request("login/key"), signal()));
		expect(error.code).toBe("DSTA_DENIED");
		expect(error.message).toMatch(
			/by kubernetes at auth\/login-kubernetes\/ with the role api in namespace dsta: permission denied$/,
		);
		writeFileSync(file, jwt);
		expect(await backend.read(request("login/key"), signal())).toMatchObject({ value: SENTINELS.value });
	});

	it("takes a token from a file or a command", async () => {
		const { auth: made } = await askVault(ADDRESS, "POST", "auth/token/create", { policies: ["login"] });
		const token = (made as { client_token: string }).client_token;
		expect(await readBy(undefined, { VAULT_TOKEN_FILE: fileWith(`${token}\n`) })).toBe(SENTINELS.value);
		expect(await readBy({ method: "token_file", tokenFile: fileWith(token) })).toBe(SENTINELS.value);
		const command = ["sh", "-c", 'echo "$CI_TOKEN"'];
		expect(
			await readBy({ method: "command", command }, { CI_TOKEN: token, PATH: process.env.PATH ?? "" }),
		).toBe(SENTINELS.value);
	});

	it("may be in another namespace than the secrets, of which entries may have their own", async () => {
		await enable(ADDRESS, "userpass", "login-above", "");
		const policy = 'path "+/secret/data/login" { capabilities = ["read"] }';
		await askVault(ADDRESS, "POST", "sys/policies/acl/login-above", { policy }, "");
		const user = { password: "sentinel", token_policies: ["login-above"] };
		await askVault(ADDRESS, "POST", "auth/login-above/users/ci", user, "");
		const auth = {
			method: "userpass",
			mount: "login-above",
			username: "ci",
			password: { env: "CI" },
			namespace: "",
		};
		await using proxy = await startProxy(ADDRESS);
		using backend = openBackend(
			proxy.address,
			{ VAULT_TOKEN: "", VAULT_NAMESPACE: "none", CI: "sentinel" },
			{ settings: { auth } },
		);
		const overrides = { namespace: "dsta" };
		const reads = ["key", "other"].map((key) =>
			backend.read(request(`login/${key}`, { overrides }), signal()),
		);
		expect((await Promise.all(reads))[0]).toMatchObject({ value: SENTINELS.value });
		expect(proxy.asked.filter((line) => line.startsWith("POST"))).toEqual([
			"POST /v1/auth/login-above/login/ci",
		]);
	});

	it.each<[string, Auth, Record<string, string>, RegExp]>([
		[
			"a mount that does not exist",
			{ method: "approle", mount: "nowhere", roleId: "x", secretId: { env: "X" } },
			{},
			/has no login by approle at auth\/nowhere\/ in namespace dsta$/,
		],
		[
			"a mount of another kind",
			{ method: "kubernetes", mount: "login-userpass", role: "x", token: { env: "X" } },
			{},
			/has no login by kubernetes at auth\/login-userpass\/ in namespace dsta$/,
		],
		[
			"a namespace that does not exist",
			{ method: "approle", mount: "login-approle", namespace: "none", roleId: "x", secretId: { env: "X" } },
			{},
			/has no namespace none$/,
		],
	])("to %s is a mistake of the configuration", async (_what, auth, env, message) => {
		const error = await refusalOf(auth, { X: "sentinel", ...env });
		expect(error.code).toBe("DSTA_CONFIG");
		expect(error.message).toMatch(message);
	});
});
