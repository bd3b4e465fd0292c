import { DstaError } from "../../errors.ts";
import { failureOf, type Target } from "./failure.ts";
import type { VaultLease } from "./lease.ts";
import type { Session } from "./session.ts";

/** Ends leases before their time. Those that cannot be ended become one warning. */
export async function revokeLeases(
	session: Session,
	leases: readonly VaultLease[],
	{ signal, warn }: { readonly signal: AbortSignal; readonly warn: (message: string) => void },
): Promise<void> {
	const failures = await Promise.all(leases.map((lease) => revokeLease(session, lease, signal)));
	const left = leases.filter((_, index) => failures[index] !== undefined);
	const [failure] = failures.filter((one) => one !== undefined);
	if (failure === undefined) return;
	const paths = [...new Set(left.map(({ apiPath }) => apiPath))].join(", ");
	warn(
		`the lease of ${paths} could not be revoked, and ends by itself: ${failure.message}\nfix: ${failure.cure}`,
	);
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
		const response = await session.ask(target, { ...request, body: { lease_id: id } });
		// 400 is what it says of one that it does not know any more.
		return [200, 204, 400].includes(response.status) ? undefined : failureOf(response, target);
	} catch (error) {
		if (error instanceof DstaError) return error;
		throw error;
	}
}
