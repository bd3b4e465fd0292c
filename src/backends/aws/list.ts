import type { AwsClient } from "./client.ts";
import type { Session } from "./session.ts";

/**
 * Lists what lies below a folder, with the prefix or without it; a folder below it ends in `/`.
 * @throws {DstaError} DSTA_DENIED, DSTA_UNAVAILABLE, DSTA_TIMEOUT or DSTA_CONFIG
 */
export async function listSecrets(
	session: Session,
	folder: string,
	signal: AbortSignal,
): Promise<readonly string[]> {
	const { prefix } = session.settings;
	const below = folder === "" ? "" : `${folder}/`;
	// The top without the prefix is all there is.
	const starts = below === "" ? [""] : [...new Set([`${prefix}${below}`, below])];
	const client = await session.client();
	try {
		const names = await Promise.all(starts.map((start) => namesFrom(client, start, signal)));
		const relative = names.flat().map((name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name));
		const entries = relative.filter((name) => name.startsWith(below) && name !== below);
		return [...new Set(entries.map((name) => firstStep(name, below.length)))].sort();
	} catch (error) {
		throw await session.failure(error, { action: "ListSecrets", path: folder });
	}
}

async function namesFrom(client: AwsClient, start: string, signal: AbortSignal): Promise<readonly string[]> {
	const names: string[] = [];
	const filters = start === "" ? {} : { Filters: [{ Key: "name" as const, Values: [start] }] };
	let token: string | undefined;
	do {
		const page = await client.list(
			{ MaxResults: 100, ...filters, ...(token === undefined ? {} : { NextToken: token }) },
			signal,
		);
		for (const { Name } of page.SecretList ?? []) if (Name !== undefined) names.push(Name);
		token = page.NextToken;
	} while (token);
	return names;
}

function firstStep(name: string, from: number): string {
	const slash = name.indexOf("/", from);
	return slash < 0 ? name : name.slice(0, slash + 1);
}
