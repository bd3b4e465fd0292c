import type { BackendContext } from "../backend.ts";
import { createSession } from "./session.ts";
import { type AwsSettings, readAwsSettings } from "./settings.ts";

/** A request to AWS that whoever has it may send once more, for some minutes. */
export interface SignedRequest {
	readonly method: string;
	readonly url: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
}

export interface CallerIdentityOptions {
	/** `undefined`: the global endpoint, which is in us-east-1. */
	readonly region: string | undefined;
	/** The name of the server that the request is for, which the signature covers. */
	readonly serverId: string | undefined;
	readonly signal: AbortSignal;
}

/** The question who we are, in the words of STS. */
export const CALLER_IDENTITY = "Action=GetCallerIdentity&Version=2011-06-15";

/**
 * Signs sts:GetCallerIdentity with the credentials that the environment gives, whatever the map says of AWS, and does not send it.
 * @throws {DstaError} DSTA_CONFIG, DSTA_DENIED, DSTA_UNAVAILABLE or DSTA_TIMEOUT there are no credentials
 */
export async function signCallerIdentity(
	context: BackendContext,
	{ region, serverId, signal }: CallerIdentityOptions,
): Promise<SignedRequest> {
	const host = region === undefined ? "sts.amazonaws.com" : stsHost(region);
	const settings = readAwsSettings({ env: context.env, isNamed: true, settings: {} }) as AwsSettings;
	const session = createSession(context, {
		...settings,
		region: region ?? "us-east-1",
		endpoint: `https://${host}`,
	});
	try {
		const client = await session.client();
		const request = {
			method: "POST",
			protocol: "https:",
			hostname: host,
			path: "/",
			headers: {
				Host: host,
				"Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
				"Content-Length": String(CALLER_IDENTITY.length),
				...(serverId === undefined ? {} : { "X-Vault-AWS-IAM-Server-ID": serverId }),
			},
			body: CALLER_IDENTITY,
		};
		const { headers } = await client.sign({ ...request, service: "sts" }, signal);
		return { method: request.method, url: `https://${host}/`, headers, body: CALLER_IDENTITY };
	} catch (error) {
		throw await session.failure(error, { action: "GetCallerIdentity" });
	} finally {
		session.close();
	}
}

/** Where STS is asked in a region. */
export function stsHost(region: string): string {
	return `sts.${region}.${region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com"}`;
}
