import type { BackendContext, Examination, Observation } from "../backend.ts";
import { observeClock } from "../clock-skew.ts";
import { openTransport } from "../open-transport.ts";
import { type HttpResponse, TransportError } from "../transport.ts";
import { CALLER_IDENTITY, stsHost } from "./caller-identity.ts";
import { checkAccess } from "./check.ts";
import { loadConnection } from "./connection-settings.ts";
import { faultOf } from "./fault.ts";
import type { Session } from "./session.ts";
import { describe, endpointOf } from "./settings.ts";

/** What can be looked at in AWS and in who we are there. */
export function examineAws(context: BackendContext, session: () => Promise<Session>): readonly Examination[] {
	return [
		{
			name: "access",
			async look(signal) {
				const open = await session();
				await checkAccess(open, signal);
				return [{ severity: "ok", message: `${describe(open.settings)} takes the credentials` }];
			},
		},
		{ name: "identity", look: async (signal) => observeIdentity(context, await session(), signal) },
	];
}

// STS tells everybody who they are, and the time as well.
async function observeIdentity(
	context: BackendContext,
	session: Session,
	signal: AbortSignal,
): Promise<readonly Observation[]> {
	const { region } = session.settings;
	// Of a region that the profile has, the SDK alone knows.
	if (region === undefined) return [];
	const url = new URL(endpointOf(context.env, "STS") ?? `https://${stsHost(region)}`);
	const response = await askSts(url, { context, session, signal });
	if (response === undefined)
		return [
			{
				severity: "info",
				message: `who we are at AWS is not known: ${url.host} cannot be reached, which a run needs only for a role`,
			},
		];
	const arn = /<Arn>(arn:aws[\w-]*:(?:iam|sts)::\d{12}:[\w+=,.@/-]{1,256})<\/Arn>/.exec(response.text)?.[1];
	const who: readonly Observation[] =
		arn === undefined ? [] : [{ severity: "ok", message: `AWS knows us as ${arn}` }];
	return [...who, ...observeClock(response.headers, url.host)];
}

interface Question {
	readonly context: BackendContext;
	readonly session: Session;
	readonly signal: AbortSignal;
}

async function askSts(url: URL, { context, session, signal }: Question): Promise<HttpResponse | undefined> {
	const connection = await loadConnection({ ...session.settings, endpoint: url.origin }, context);
	const transport = await openTransport({ maxSockets: { "http:": 1, "https:": 1 }, ...connection });
	try {
		const client = await session.client();
		const request = {
			method: "POST",
			protocol: url.protocol,
			hostname: url.hostname,
			path: "/",
			headers: {
				Host: url.host,
				"Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
				"Content-Length": String(CALLER_IDENTITY.length),
			},
			body: CALLER_IDENTITY,
		};
		const { headers } = await client.sign({ ...request, service: "sts" }, signal);
		const response = await transport.send({
			method: "POST",
			url: new URL("/", url),
			headers,
			body: CALLER_IDENTITY,
			signal,
		});
		if (response.status < 400) return response;
		const name = /<Code>(\w{1,60})<\/Code>/.exec(response.text)?.[1];
		throw faultOf({ name, $metadata: { httpStatusCode: response.status }, $response: response }, "request");
	} catch (error) {
		if (error instanceof TransportError) return undefined;
		throw await session.failure(error, { action: "GetCallerIdentity" });
	} finally {
		transport.close();
	}
}
