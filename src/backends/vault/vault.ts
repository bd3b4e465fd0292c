import { now } from "../../clock.ts";
import type { BackendContext, Lease, LeaseNews, ReadRequest, WritableBackend } from "../backend.ts";
import { shellWord } from "../shell.ts";
import { createWriting } from "../writing.ts";
import { kvPath } from "./api-path.ts";
import type { VaultLease } from "./lease.ts";
import { createLeases, type Leases } from "./leases.ts";
import type { Read } from "./reader.ts";
import type { Session } from "./session.ts";
import { isRaw, overrideSettings, readVaultSettings, type VaultSettings, vaultCommand } from "./settings.ts";

/**
 * Makes the backend for HashiCorp Vault and OpenBao; `undefined` when no address is configured.
 * What it asks with is loaded at the first question.
 * @throws {DstaError} DSTA_CONFIG the address is none
 */
export function createVaultBackend(context: BackendContext): WritableBackend | undefined {
	const settings = readVaultSettings(context);
	if (settings === undefined) return undefined;
	const leases = createLeases();
	const ending = new AbortController();
	let opened: Promise<Opened> | undefined;
	let revision: WritableBackend["revision"];
	const open = () => {
		opened ??= logIn(context, settings, leases);
		// What was wrong may be right the next time.
		opened.catch(() => {
			opened = undefined;
		});
		return opened;
	};
	async function loadKeeper(onNews: (news: LeaseNews) => void): Promise<(lease: VaultLease) => void> {
		const { createKeeper } = await import("./renew.ts");
		return createKeeper((await open()).session, leases, { onNews, signal: ending.signal });
	}
	return {
		name: "vault",
		description: settings.address,
		read: async (request, signal) => (await open()).read(request, signal),
		async revision(request, signal) {
			// Another engine than KV makes its answer anew when it is asked, and so never is: it lasts until its lease ends.
			if (isRaw(request.overrides)) return { kind: "known", text: `after ${leases.endings} leases` };
			const { session } = await open();
			const { createRevision } = await import("./revision.ts");
			revision ??= createRevision(session);
			return revision(request, signal);
		},
		locations(request) {
			const {
				overrides,
				path: { secret, selector },
				version,
			} = request;
			const { mount, kv } = overrideSettings(settings, overrides);
			const place = isRaw(overrides) ? secret : kvPath(mount, kv === 1 ? "" : "data", secret);
			const key = selector.kind === "field" ? ` key ${selector.key}` : "";
			return [`${place}${key}${version === undefined || isRaw(overrides) ? "" : ` in version ${version}`}`];
		},
		identity(request) {
			// What another engine than KV has made ends with its lease.
			if (isRaw(request.overrides)) return undefined;
			const { address, mount, namespace } = overrideSettings(settings, request.overrides);
			return JSON.stringify([address, namespace, mount]);
		},
		advice: (request) =>
			isRaw(request.overrides)
				? otherEngineAdvice(request, overrideSettings(settings, request.overrides))
				: absenceAdvice(request, overrideSettings(settings, request.overrides)),
		async check(signal) {
			const { checkToken } = await import("./check.ts");
			await checkToken((await open()).session, signal);
		},
		async examinations(requests, isWatched) {
			const { examineVault } = await import("./examine/examine.ts");
			const session = async () => (await open()).session;
			return examineVault(requests, { context, settings, isWatched, session });
		},
		...createWriting(open, {
			write: () => import("./write.ts"),
			list: () => import("./list.ts"),
			annotations: () => import("./annotations.ts"),
			versions: () => import("./versions.ts"),
		}),
		leases: () => leases.held.map(toLease),
		async keepAlive(onNews) {
			let keeper: ReturnType<typeof loadKeeper> | undefined;
			leases.onEach(async (lease) => {
				keeper ??= loadKeeper(onNews);
				(await keeper)(lease);
			});
		},
		get release() {
			if (!settings.revoke && leases.held.length === 0) return undefined;
			return async (signal: AbortSignal) => {
				ending.abort();
				const { session } = (await opened?.catch(() => undefined)) ?? {};
				// All leases end with the token that they were made with.
				const isRevoked = settings.revoke && (await session?.login?.revoke(signal));
				if (session === undefined || isRevoked || leases.held.length === 0) return;
				const { revokeLeases } = await import("./revoke.ts");
				await revokeLeases(session, leases.held, {
					signal,
					warn: (message) => context.log("warn", message, { event: "lease.left" }),
				});
			};
		},
		close() {
			ending.abort();
			opened?.then(
				({ session }) => session.transport.close(),
				() => undefined,
			);
		},
	};
}

interface Opened {
	readonly session: Session;
	readonly read: Read;
}

async function logIn(context: BackendContext, settings: VaultSettings, leases: Leases): Promise<Opened> {
	const [{ openSession }, { createReader }] = await Promise.all([
		import("./session.ts"),
		import("./reader.ts"),
	]);
	const session = await openSession(context, settings, leases.endAll);
	const warn = (message: string) => context.log("warn", message, { event: "vault.ignored" });
	return { session, read: createReader(session, { onLease: leases.add, warn }) };
}

function toLease({ apiPath, endsAt, lifeMs }: VaultLease): Lease {
	return { path: apiPath, leftMs: lifeMs === 0 ? Number.POSITIVE_INFINITY : Math.max(0, endsAt - now()) };
}

function otherEngineAdvice({ overrides, path: { secret } }: ReadRequest, settings: VaultSettings): string {
	const ask = overrides?.method === "POST" ? "write" : "read";
	const vault = vaultCommand(settings);
	return `See which fields it gives, by asking for another one: ${vault} ${ask} ${shellWord(secret)}; what it takes says ${vault} path-help ${shellWord(secret)}.`;
}

function absenceAdvice({ path, version }: ReadRequest, settings: VaultSettings): string {
	const { mount } = settings;
	const { secret, selector, text } = path;
	if (text.startsWith(`${mount}/`)) {
		const right = text.slice(mount.length + 1).replace(/^(?:data|metadata)\//, "");
		return `The mount is no part of a path: write ${right} instead of ${text}.`;
	}
	const vault = vaultCommand(settings);
	const place = shellWord(`${mount}/${secret}`);
	// Another version would stand beside the live one, and not be the one that is asked for.
	if (version !== undefined)
		return `See which versions there are (${vault} kv metadata get ${place}), and what this one holds: ${vault} kv get -version=${version} ${place}`;
	const folder = secret.slice(0, secret.lastIndexOf("/") + 1);
	const field = selector.kind === "field" ? `${shellWord(selector.key)}=…` : "KEY=…";
	return `List what is there (${vault} kv list ${shellWord(`${mount}/${folder}`)}), look at it (${vault} kv get ${place}), or create it: ${vault} kv put ${place} ${field}; where it has other fields that shall stay, dsta-run put ${shellWord(secret)} ${field}`;
}
