import type { BackendContext, ReadRequest, WritableBackend } from "../backend.ts";
import { shellWord } from "../shell.ts";
import { kvPath } from "./api-path.ts";
import type { Read } from "./reader.ts";
import type { Session } from "./session.ts";
import { overrideSettings, readVaultSettings, type VaultSettings } from "./settings.ts";

/**
 * Makes the backend for HashiCorp Vault and OpenBao; `undefined` when no address is configured.
 * What it asks with is loaded at the first question.
 * @throws {DstaError} DSTA_CONFIG the address is none
 */
export function createVaultBackend(context: BackendContext): WritableBackend | undefined {
	const settings = readVaultSettings(context);
	if (settings === undefined) return undefined;
	let opened: Promise<Opened> | undefined;
	const open = () => {
		opened ??= logIn(context, settings);
		// What was wrong may be right the next time.
		opened.catch(() => {
			opened = undefined;
		});
		return opened;
	};
	return {
		name: "vault",
		description: settings.address,
		read: async (request, signal) => (await open()).read(request, signal),
		locations(request) {
			const { mount, kv } = overrideSettings(settings, request.overrides);
			const { secret, selector } = request.path;
			const place = kvPath(mount, kv === 1 ? "" : "data", secret);
			return [selector.kind === "field" ? `${place} key ${selector.key}` : place];
		},
		identity(request) {
			// What another engine than KV has made ends with its lease.
			if (request.overrides?.engine === "raw") return undefined;
			const { address, mount, namespace } = overrideSettings(settings, request.overrides);
			return JSON.stringify([address, namespace, mount]);
		},
		advice: (request) => absenceAdvice(request, overrideSettings(settings, request.overrides)),
		async check(signal) {
			const { checkToken } = await import("./check.ts");
			await checkToken((await open()).session, signal);
		},
		async write(secret, fields, options) {
			const { writeSecret } = await import("./write.ts");
			return writeSecret((await open()).session, { secret, fields, ...options });
		},
		async list(folder, signal) {
			const { listSecrets } = await import("./list.ts");
			return listSecrets((await open()).session, folder, signal);
		},
		...(settings.revoke && {
			async release(signal: AbortSignal) {
				const { session } = (await opened?.catch(() => undefined)) ?? {};
				await session?.login?.revoke(signal);
			},
		}),
		close() {
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

async function logIn(context: BackendContext, settings: VaultSettings): Promise<Opened> {
	const [{ openSession }, { createReader }] = await Promise.all([
		import("./session.ts"),
		import("./reader.ts"),
	]);
	const session = await openSession(context, settings);
	return { session, read: createReader(session) };
}

function absenceAdvice({ path }: ReadRequest, { mount }: VaultSettings): string {
	const { secret, selector, text } = path;
	if (text.startsWith(`${mount}/`)) {
		const right = text.slice(mount.length + 1).replace(/^(?:data|metadata)\//, "");
		return `The mount is no part of a path: write ${right} instead of ${text}.`;
	}
	const folder = secret.slice(0, secret.lastIndexOf("/") + 1);
	const field = selector.kind === "field" ? `${shellWord(selector.key)}=…` : "KEY=…";
	const place = shellWord(`${mount}/${secret}`);
	return `List what is there (vault kv list ${shellWord(`${mount}/${folder}`)}), look at it (vault kv get ${place}), or create it: vault kv put ${place} ${field}; where it has other fields that shall stay, dsta-run put ${shellWord(secret)} ${field}`;
}
