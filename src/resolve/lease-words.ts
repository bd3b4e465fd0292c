import type { Lease, LeaseNews } from "../backends/backend.ts";
import { durationWords } from "./duration-words.ts";

/** What becomes of a lease, as a sentence. */
export function leaseNewsWords({ kind, leftMs, path, reason }: LeaseNews): string {
	const end = leftMs === 0 ? "has ended" : `ends in ${durationWords(Math.max(1000, leftMs))}`;
	return kind === "late"
		? `the lease of ${path} could not be renewed and is tried again; it ${end}: ${reason}`
		: `the lease of ${path} ${end} and cannot be renewed: ${reason}`;
}

/** That nobody looks after leases from a moment on, as a sentence. */
export function unattendedWords(when: string, leases: readonly Lease[]): string {
	const ends = leases.map(({ leftMs, path }) => `the lease of ${path} (${endOf(leftMs)})`).join(", ");
	return `${when} nobody is left to renew and to revoke ${ends}`;
}

function endOf(leftMs: number): string {
	return leftMs === Number.POSITIVE_INFINITY ? "without an end" : `ends in ${durationWords(leftMs)}`;
}
