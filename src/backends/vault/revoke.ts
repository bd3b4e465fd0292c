import { DstaError } from "../../errors.ts";
import { failureOf, type Target } from "./failure.ts";
import type { VaultLease } from "./lease.ts";
import type { Session } from "./session.ts";

/**
 * Ends leases before their time. Those that cannot be ended become one warning, unless they have ended with the token that they
 * were made with.
 */
export async function revokeLeases(
	session: Session,
	leases: readonly VaultLease[],
	{ signal, warn }: { readonly signal: AbortSignal; readonly warn: (message: string) => void },
): Promise<void> {
	const failures = await Promise.all(leases.map((lease) => revokeLease(session, lease, signal)));
	const left = leases.filter((_, index) => failures[index] !== undefined);
	const [failure] = failures.filter((one) => one !== undefined);
	if (failure === undefined) return;
	const { cure, message } = failure;
	warn(`${wordsFor(left)} could not be revoked, and ends by itself: ${message}\nfix: ${cure}`);
}

function wordsFor(leases: readonly VaultLease[]): string {
	const paths = [...new Set(leases.map(({ apiPath }) => apiPath))];
	if (paths.length === 1) return `the lease of ${paths[0]}`;
	const [shown, rest] = paths.length > 3 ? [paths.slice(0, 2), paths.length - 2] : [paths, 0];
	return `each of the leases of ${shown.join(", ")}${rest === 0 ? "" : ` and ${rest} more`}`;
}

async function revokeLease(
	session: Session,
	{ apiPath, id, namespace }: VaultLease,
	signal: AbortSignal,
): Promise<DstaError | undefined> {
	const path = "sys/leases/revoke";
	const target: Target = { settings: session.settings, apiPath: path, path: apiPath, capability: "update" };
	try {
		// To revoke it twice does no harm.
		const request = { method: "POST", path, namespace, repeat: "always", signal } as const;
		const response = await session.exchange(target, { ...request, body: { lease_id: id } });
		// 400 is what it says of one that it does not know any more.
		if ([200, 204, 400].includes(response.status)) return undefined;
		if (response.status === 403 && (await session.isTokenOver(signal))) return undefined;
		return failureOf(response, target);
	} catch (error) {
		if (error instanceof DstaError) return error;
		throw error;
	}
}
