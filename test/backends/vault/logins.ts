import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askVault } from "../../servers/start.ts";
import { SENTINELS } from "./backend.ts";

/** A file with a content, for this user alone. */
export function fileWith(content: string): string {
	const file = join(mkdtempSync(join(tmpdir(), "dsta-run-login-")), "secret");
	writeFileSync(file, content, { mode: 0o600 });
	return file;
}

/** Stores SENTINELS.value at login/key, for all tests alike: only the policy `login` may read it. */
export async function storeLoginSecret(address: string): Promise<void> {
	await askVault(address, "POST", "secret/data/login", { data: { key: SENTINELS.value } });
	const policy =
		'path "secret/data/login" { capabilities = ["read", "update"] } path "secret/metadata/*" { capabilities = ["list"] }';
	await askVault(address, "POST", "sys/policies/acl/login", { policy });
}

export async function enable(
	address: string,
	type: string,
	mount: string,
	namespace = "dsta",
): Promise<void> {
	await askVault(address, "POST", `sys/auth/${mount}`, { type }, namespace);
}

export interface AppRole {
	readonly roleId: string;
	/** A fresh secret_id, wrapped if need be. */
	secretId(options?: { readonly wrapped?: boolean }): Promise<string>;
	/** The accessors of the tokens that logins have made. */
	tokens(): Promise<readonly string[]>;
}

/** A role of a mount of its own, whose secret_ids are good for one login. */
export async function createAppRole(
	address: string,
	mount: string,
	settings: object = {},
	namespace = "dsta",
): Promise<AppRole> {
	await enable(address, "approle", mount, namespace);
	const role = `auth/${mount}/role/api`;
	const given = { token_policies: ["login"], secret_id_num_uses: 1, ...settings };
	await askVault(address, "POST", role, given, namespace);
	const { data } = await askVault(address, "GET", `${role}/role-id`, undefined, namespace);
	return {
		roleId: (data as { role_id: string }).role_id,
		async secretId({ wrapped = false } = {}) {
			const headers = wrapped ? { "X-Vault-Wrap-TTL": "60" } : {};
			const { data, wrap_info: info } = await askVault(
				address,
				"POST",
				`${role}/secret-id`,
				{},
				namespace,
				headers,
			);
			return wrapped ? (info as { token: string }).token : (data as { secret_id: string }).secret_id;
		},
		async tokens() {
			const { data } = await askVault(address, "GET", "auth/token/accessors?list=true", undefined, namespace);
			const accessors = (data as { keys: readonly string[] }).keys;
			const paths = await Promise.all(
				accessors.map(async (accessor) => ({ accessor, path: await pathOf(address, accessor, namespace) })),
			);
			return paths.filter(({ path }) => path === `auth/${mount}/login`).map(({ accessor }) => accessor);
		},
	};
}

/** Where a token was made; `undefined` where it is none any more. */
export async function pathOf(
	address: string,
	accessor: string,
	namespace = "dsta",
): Promise<string | undefined> {
	const path = "auth/token/lookup-accessor";
	const answer = await askVault(address, "POST", path, { accessor }, namespace).catch(() => undefined);
	return (answer?.data as { path: string } | undefined)?.path;
}

export interface Issuer {
	readonly publicKey: string;
	issue(claims: object): string;
}

/** Signs JSON web tokens. */
export function createIssuer(): Issuer {
	const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	return {
		publicKey: publicKey.export({ type: "spki", format: "pem" }) as string,
		issue(claims) {
			const nowS = Math.floor(Date.now() / 1000);
			return sign({ iss: "tests", nbf: nowS - 60, exp: nowS + 600, ...claims }, privateKey);
		},
	};
}

function sign(claims: object, key: KeyObject): string {
	const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
	const content = `${encode({ alg: "ES256", typ: "JWT" })}.${encode(claims)}`;
	return `${content}.${createSign("sha256").update(content).sign({ key, dsaEncoding: "ieee-p1363" }, "base64url")}`;
}

export interface Cluster extends AsyncDisposable {
	readonly address: string;
}

/** The part of Kubernetes' API that tells whose a token is; it knows one. */
export async function startCluster(known: string, user: object): Promise<Cluster> {
	const server = createServer(async (request, response) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const { spec } = JSON.parse(Buffer.concat(chunks).toString());
		const status = spec.token === known ? { authenticated: true, user } : { authenticated: false };
		response.writeHead(201, { "Content-Type": "application/json" });
		response.end(JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", status }));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			server.close();
		},
	};
}
