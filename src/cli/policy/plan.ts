import { planAccess, planRole, type Statement } from "../../backends/aws/policy.ts";
import { readAwsSettings } from "../../backends/aws/settings.ts";
import type { ReadRequest } from "../../backends/backend.ts";
import type { BackendName } from "../../backends/registry.ts";
import { planPolicy, type VaultPolicy } from "../../backends/vault/policy.ts";
import { readKvPlace, toNamespace } from "../../backends/vault/settings.ts";
import { sourcesOf } from "../../map/secret-map.ts";
import { chainOf, requestOf } from "../../resolve/chain.ts";
import type { Host } from "../host.ts";
import type { Options } from "../options.ts";
import type { Session } from "../session.ts";

/** A map, and for whom its policies are. */
export interface Job {
	readonly options: Options;
	readonly host: Host;
	readonly session: Session;
}

/**
 * What the map needs at Vault.
 * @throws {DstaError} DSTA_CONFIG a namespace cannot be one
 */
export function planForVault(job: Job): VaultPolicy {
	const settings = job.session.map.backends.vault ?? {};
	const { auth, revoke } = settings;
	const from = typeof auth === "object" && "namespace" in auth ? auth.namespace : undefined;
	return planPolicy(requestsTo("vault", job), {
		place: readKvPlace({ env: job.host.env, settings }),
		tokenNamespace: from === undefined ? undefined : toNamespace(String(from), "vault.auth.namespace"),
		isRevoked: revoke === true,
		forRotation: job.options.rotation,
		isWatched: typeof job.session.map.run.watch === "number",
	});
}

export interface AwsPlan {
	/** What the map needs. */
	readonly access: readonly Statement[];
	/** What those need who take on the map's role; nothing where it has none. */
	readonly role: readonly Statement[];
}

/** What the map needs at AWS. */
export function planForAws(job: Job): AwsPlan {
	const { account, kmsKeys, rotation: forRotation } = job.options;
	const settings = readAwsSettings({
		env: job.host.env,
		isNamed: true,
		settings: job.session.map.backends.aws ?? {},
	});
	if (settings === undefined) return { access: [], role: [] };
	const access = planAccess(requestsTo("aws", job), settings, { account, kmsKeys, forRotation });
	return { access, role: access.length === 0 ? [] : planRole(settings) };
}

/** What a run may ask of a backend, for templates alone as well. */
function requestsTo(name: BackendName, { options, session }: Job): readonly ReadRequest[] {
	const { entries, templates = [] } = session.map;
	const { backend } = options;
	return [...new Set([...entries, ...sourcesOf(templates)])]
		.filter((entry) => chainOf(entry, { backend, chain: session.chain }).includes(name))
		.map((entry) => requestOf(entry, name));
}
