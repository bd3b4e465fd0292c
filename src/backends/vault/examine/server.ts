import type { Observation } from "../../backend.ts";
import { observeClock } from "../../clock-skew.ts";
import type { ApiResponse } from "../client.ts";
import { failureOf, type Target } from "../failure.ts";
import { openConnection } from "../session.ts";
import type { VaultSettings } from "../settings.ts";
import { sealed } from "../unavailable.ts";
import type { Patient } from "./examine.ts";

const API_PATH = "sys/health";

// Whatever state it is in is an answer, and no reason to ask again.
const ANY_STATE =
	"standbyok=true&perfstandbyok=true&sealedcode=200&uninitcode=200&drsecondarycode=200&performancestandbycode=200";

/**
 * Asks a server how it is, without a token.
 * @throws {DstaError} DSTA_UNAVAILABLE, DSTA_TIMEOUT or DSTA_CONFIG
 */
export async function askHealth({ context, settings }: Patient, signal: AbortSignal): Promise<ApiResponse> {
	const { exchange, transport } = await openConnection(context, settings);
	const target = targetIn(settings);
	try {
		const request = { method: "GET", path: `${API_PATH}?${ANY_STATE}`, namespace: "", token: "" } as const;
		const response = await exchange(target, { ...request, signal });
		if (response.status === 200 && response.body !== undefined) return response;
		throw failureOf(response, target);
	} finally {
		transport.close();
	}
}

/**
 * Which server it is, and whether it serves.
 * @throws {DstaError} DSTA_UNAVAILABLE it is sealed
 */
export function observeServer(settings: VaultSettings, { body }: ApiResponse): readonly Observation[] {
	const { address } = settings;
	if (body?.initialized === false)
		return [
			{
				severity: "error",
				message: `${address} is not initialized: it holds nothing yet`,
				cure: `Initialize it (VAULT_ADDR=${address} VAULT_NAMESPACE= vault operator init), or set ${settings.origin} to the server that was meant.`,
			},
		];
	if (body?.sealed === true) throw sealed(targetIn(settings));
	const version = typeof body?.version === "string" ? ` version ${body.version}` : "";
	const role = body?.standby === true ? ", a standby, which hands requests on" : "";
	return [{ severity: "ok", message: `${address} serves${version}${role}` }];
}

/** How our clock stands beside that of the server. */
export function observeServerClock(
	{ address }: VaultSettings,
	{ headers }: ApiResponse,
): readonly Observation[] {
	return observeClock(headers, address);
}

function targetIn(settings: VaultSettings): Target {
	return { settings, apiPath: API_PATH, path: API_PATH, capability: "read" };
}
