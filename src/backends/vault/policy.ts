import type { ReadRequest } from "../backend.ts";
import { isReached, kvPath, pathFrom } from "./api-path.ts";
import { isRaw, type KvPlace, overrideSettings } from "./settings.ts";

type Capability = "create" | "read" | "update" | "patch";

/** One path of Vault's API, and what may be done there. */
export interface Stanza {
	/** As the policy names it, from the namespace that the policy is in. */
	readonly path: string;
	/** The namespace that it lies in; empty: the root. */
	readonly namespace: string;
	readonly capabilities: readonly Capability[];
	/** Why no policy can say this and nothing more, where none can. */
	readonly fault?: Fault | undefined;
}

export interface Fault {
	readonly reason: string;
	/** What to do: whole sentences. */
	readonly cure: string;
}

/** What a token needs beside the default policy. */
export interface VaultPolicy {
	/** The namespace of the token, and so of the policy; empty: the root. */
	readonly namespace: string;
	/** Those of one namespace stand together. */
	readonly stanzas: readonly Stanza[];
	/** The mounts whose engine nobody says the version of; they are taken for version 2. */
	readonly assumed: readonly string[];
}

export interface PolicyOptions {
	readonly place: KvPlace;
	/** The namespace that tokens come from, where somebody says. */
	readonly tokenNamespace?: string | undefined;
	/** Whether the token of a run ends with it, and all its leases with the token. */
	readonly isRevoked?: boolean;
	/** What changes the secrets, in the place of a run, which reads them. */
	readonly forRotation?: boolean;
	/** Whether a run goes on to look whether they have changed. */
	readonly isWatched?: boolean;
}

/**
 * What the requests need at Vault. A policy holds in its own namespace and those below it, and a token has the policies of one
 * namespace: that of `tokenNamespace`, or else the nearest that has all of the others below it.
 */
export function planPolicy(requests: readonly ReadRequest[], options: PolicyOptions): VaultPolicy {
	const { forRotation = false, isRevoked = false, isWatched = false, place, tokenNamespace } = options;
	const asked = requests.filter(({ overrides }) => !forRotation || !isRaw(overrides));
	const placed = asked.map((request) => ({ ...request, place: overrideSettings(place, request.overrides) }));
	const namespace = tokenNamespace ?? commonNamespace(placed.map((one) => one.place.namespace));
	const raw = placed.filter(({ overrides }) => isRaw(overrides));
	const grants = [
		...placed.flatMap((one) => grantsFor(one, forRotation)),
		...(isWatched && !forRotation ? placed.flatMap(watchGrants) : []),
		...raw.flatMap((one) => leaseGrants(one.place, { isRevoked, namespace })),
	];
	const unclear = placed.filter(({ overrides, place: { kv } }) => kv === "auto" && !isRaw(overrides));
	return {
		namespace,
		stanzas: merge(grants).map((grant) => toStanza(grant, namespace)),
		assumed: [...new Set(unclear.map((one) => one.place.mount))],
	};
}

interface Placed extends ReadRequest {
	readonly place: KvPlace;
}

type Grant = Pick<Stanza, "path" | "namespace" | "capabilities">;

function grantsFor({ overrides, path: { secret }, place }: Placed, forRotation: boolean): readonly Grant[] {
	const { kv, mount, namespace } = place;
	if (isRaw(overrides))
		return [{ namespace, path: secret, capabilities: [overrides?.method === "POST" ? "update" : "read"] }];
	const path = kvPath(mount, kv === 1 ? "" : "data", secret);
	if (!forRotation) return [{ namespace, path, capabilities: ["read"] }];
	const data: Grant = { namespace, path, capabilities: ["create", "read", "update"] };
	if (kv === 1) return [data];
	return [data, { namespace, path: kvPath(mount, "metadata", secret), capabilities: ["read", "patch"] }];
}

// That it has changed is seen by its metadata, without reading it; a pinned version does not.
function watchGrants({ overrides, path: { secret }, place, version }: Placed): readonly Grant[] {
	const { kv, mount, namespace } = place;
	if (kv === 1 || isRaw(overrides) || version !== undefined) return [];
	return [{ namespace, path: kvPath(mount, "metadata", secret), capabilities: ["read"] }];
}

// The default policy lets a token renew leases, in its own namespace alone, and revoke itself.
function leaseGrants(
	{ namespace }: KvPlace,
	own: { readonly namespace: string; readonly isRevoked: boolean },
): readonly Grant[] {
	const paths = [
		...(own.isRevoked ? [] : ["sys/leases/revoke"]),
		...(namespace === own.namespace ? [] : ["sys/leases/renew"]),
	];
	return paths.map((path) => ({ namespace, path, capabilities: ["update"] }));
}

function merge(grants: readonly Grant[]): readonly Grant[] {
	return [...Map.groupBy(grants, ({ namespace }) => namespace)].flatMap(([namespace, here]) =>
		[...Map.groupBy(here, ({ path }) => path)].map(([path, same]) => ({
			namespace,
			path,
			capabilities: [...new Set(same.flatMap(({ capabilities }) => capabilities))],
		})),
	);
}

function toStanza(grant: Grant, own: string): Stanza {
	const fault = faultOf(grant, own);
	const path = fault === UNREACHABLE ? grant.path : pathFrom(own, grant.namespace, grant.path);
	return { ...grant, path, fault };
}

const UNREACHABLE: Fault = {
	reason: "a token reaches its own namespace and those below it, and this is none of them",
	cure: "Have the tokens made in a namespace above all of the map's: vault.auth.namespace.",
};

const RENAME = "Give the secret another name, or take the stanza in and let the token read more than this.";

function faultOf({ namespace, path }: Grant, own: string): Fault | undefined {
	if (!isReached(own, namespace)) return UNREACHABLE;
	if (path.split("/").includes("+"))
		return { reason: 'a policy takes a segment "+" for any name', cure: RENAME };
	if (/\{\{|\}\}/.test(path)) return { reason: 'a policy takes "{{" and "}}" for a template', cure: RENAME };
	return undefined;
}

function commonNamespace(namespaces: readonly string[]): string {
	const [first = [], ...others] = namespaces.map((namespace) => namespace.split("/"));
	const end = first.findIndex((segment, index) => others.some((other) => other[index] !== segment));
	return (end < 0 ? first : first.slice(0, end)).join("/");
}
