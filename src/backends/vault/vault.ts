import { DstaError } from "../../errors.ts";
import type { BackendContext, Found, ReadRequest, WritableBackend } from "../backend.ts";
import { selectValue } from "../select.ts";
import { kvPath } from "./kv.ts";
import { mapsPerSignal } from "./per-signal.ts";
import { readSecret, type Secret } from "./read.ts";
import { openSession, type Session } from "./session.ts";
import { overrideSettings, readVaultSettings, type VaultSettings } from "./settings.ts";

/**
 * Makes the backend for HashiCorp Vault and OpenBao; `undefined` when no address is configured.
 * @throws {DstaError} DSTA_CONFIG the address is none
 */
export function createVaultBackend(context: BackendContext): WritableBackend | undefined {
	const settings = readVaultSettings(context);
	if (settings === undefined) return undefined;
	let session: Promise<Session> | undefined;
	const open = () => {
		const opened = session ?? openSession(context, settings);
		session = opened;
		// What was wrong may be right the next time.
		opened.catch(() => {
			session = undefined;
		});
		return opened;
	};
	const readsUnder = mapsPerSignal<Promise<Secret | undefined>>();

	// Fields of one secret share one read, as long as it is under way and for the same caller.
	function readShared(request: ReadRequest, signal: AbortSignal): Promise<Secret | undefined> {
		const place = overrideSettings(settings as VaultSettings, request.overrides);
		const version = pinnedVersion(request);
		const key = JSON.stringify([place.namespace, place.mount, place.kv, request.path.secret, version]);
		const reads = readsUnder(signal);
		const running = reads.get(key);
		if (running !== undefined) return running;
		const { secret } = request.path;
		const started = open()
			.then((opened) =>
				readSecret(opened, { settings: place, secret, version, path: request.path.text, signal }),
			)
			.finally(() => reads.delete(key));
		reads.set(key, started);
		return started;
	}

	return {
		name: "vault",
		description: settings.address,
		async read(request, signal): Promise<Found | undefined> {
			const secret = await readShared(request, signal);
			if (secret === undefined) return undefined;
			const value = selectValue(secret.content, request.path.selector);
			return value === undefined ? undefined : { value, location: secret.location, version: secret.version };
		},
		locations(request) {
			const { mount, kv } = overrideSettings(settings, request.overrides);
			const { secret, selector } = request.path;
			const place = kvPath(mount, kv === 1 ? "" : "data", secret);
			return [selector.kind === "field" ? `${place} key ${selector.key}` : place];
		},
		advice: (request) => absenceAdvice(request, overrideSettings(settings, request.overrides)),
		async check(signal) {
			const { checkToken } = await import("./check.ts");
			await checkToken(await open(), signal);
		},
		async write(secret, fields, options) {
			const { writeSecret } = await import("./write.ts");
			return writeSecret(await open(), { secret, fields, ...options });
		},
		async list(folder, signal) {
			const { listSecrets } = await import("./list.ts");
			return listSecrets(await open(), folder, signal);
		},
		close() {
			session?.then(
				({ transport }) => transport.close(),
				() => undefined,
			);
		},
	};
}

function pinnedVersion({ path, version }: ReadRequest): number | undefined {
	if (version === undefined) return undefined;
	const number = Number(version);
	if (Number.isSafeInteger(number) && number > 0) return number;
	throw new DstaError(
		"DSTA_CONFIG",
		`Vault has no version "${version}" of ${path.secret}: its versions are numbers`,
		{
			backend: "vault",
			path: path.text,
			cure: `Write version: 3 (vault kv metadata get lists them), or give the entry backend: aws.`,
		},
	);
}

function absenceAdvice({ path }: ReadRequest, { mount }: VaultSettings): string {
	const { secret, selector, text } = path;
	if (text.startsWith(`${mount}/`)) {
		const right = text.slice(mount.length + 1).replace(/^(?:data|metadata)\//, "");
		return `The mount is no part of a path: write ${right} instead of ${text}.`;
	}
	const folder = secret.slice(0, secret.lastIndexOf("/") + 1);
	const field = selector.kind === "field" ? `${selector.key}=…` : "KEY=…";
	return `List what is there (vault kv list ${mount}/${folder}), look at it (vault kv get ${mount}/${secret}), or create it: vault kv put ${mount}/${secret} ${field}; where it has other fields that shall stay, dsta-run put ${secret} ${field}`;
}
