import { DstaError } from "../../errors.ts";
import type { BackendContext } from "../backend.ts";
import type { AwsClient } from "./client.ts";
import { findAwsProxy } from "./connection-settings.ts";
import { failureOf, type Target } from "./failure.ts";
import { AwsFault } from "./fault.ts";
import { checkProfile, checkProfileFiles } from "./profiles.ts";
import { type AwsSettings, describe, endpointIn } from "./settings.ts";
import { checkStaticKeys } from "./static-keys.ts";

/** What one run knows of AWS: a client per region, and which actions turned out to be denied. */
export interface Session {
	readonly settings: AwsSettings;
	readonly log: BackendContext["log"];
	/**
	 * The client of a region (`undefined`: the settings' own), made when it is first needed.
	 * @throws {DstaError} DSTA_CONFIG the settings are wrong
	 */
	client(region?: string): Promise<AwsClient>;
	/** Regions in which BatchGetSecretValue is denied. */
	readonly unbatched: Set<string>;
	/** The error that a fault stands for; a DstaError stays what it is. */
	failure(error: unknown, about: About): Promise<DstaError>;
	close(): void;
}

/** What a question was about. */
export interface About extends Pick<Target, "action" | "id" | "path"> {
	readonly region?: string | undefined;
}

/** Makes the session; the SDK is loaded when the first client is. */
export function createSession(context: BackendContext, settings: AwsSettings): Session {
	const clients = new Map<string, Promise<AwsClient>>();
	let isClosed = false;
	let hasCredentials = false;

	async function open(region: string | undefined): Promise<AwsClient> {
		await checkSettings({ ...settings, region }, context);
		const { createClient } = await import("./client.ts");
		const client = await createClient({ ...settings, region }, context, () => {
			hasCredentials = true;
		});
		if (isClosed) client.close();
		return client;
	}

	return {
		settings,
		log: context.log,
		unbatched: new Set(),
		client(region = settings.region) {
			const key = region ?? "";
			const client = clients.get(key) ?? open(region);
			clients.set(key, client);
			// What was wrong may be right the next time.
			client.catch(() => clients.delete(key));
			return client;
		},
		async failure(error, about) {
			if (error instanceof DstaError) return error;
			if (!(error instanceof AwsFault)) throw error;
			const region = error.details.region ?? about.region ?? settings.region;
			if (error.kind === "noCredentials") {
				const broken = await brokenProfiles(context);
				if (broken !== undefined) return broken;
			}
			const { profile, role } = settings;
			const place = await placeOf(error, { ...settings, region }, context.env);
			return failureOf(error, { ...about, region, profile, role, place, hasCredentials });
		},
		close() {
			isClosed = true;
			for (const client of clients.values())
				client.then(
					(open) => open.close(),
					() => undefined,
				);
		},
	};
}

async function checkSettings(settings: AwsSettings, context: BackendContext): Promise<void> {
	const { profile, region, replicas } = settings;
	for (const name of [region, ...replicas])
		if (name !== undefined && !/^[a-z0-9]+(?:-[a-z0-9]+)*$/i.test(name))
			throw wrong(
				`${JSON.stringify(name)} is no AWS region`,
				"Set AWS_REGION or aws.region to something like us-east-1.",
			);
	const endpoint = endpointIn(settings);
	if (endpoint !== undefined) checkEndpoint(endpoint);
	checkRetries(settings);
	if (profile === undefined) checkStaticKeys(context.env);
	else await checkProfile(profile, context);
}

function checkRetries({ maxAttempts = 1, retryMode }: AwsSettings): void {
	if (!(maxAttempts >= 1))
		throw wrong(
			"AWS_MAX_ATTEMPTS is no whole number from 1",
			"Set it to the number of attempts, the first one included (AWS_MAX_ATTEMPTS=3), or unset it.",
		);
	if (!["standard", "adaptive", "legacy"].includes(retryMode))
		throw wrong("AWS_RETRY_MODE is no mode of retrying", "Set it to standard or adaptive, or unset it.");
}

function checkEndpoint(endpoint: string): void {
	const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
	const reason =
		url === undefined || !/^https?:$/.test(url.protocol)
			? "is no http:// or https:// address"
			: url.username !== "" || url.password !== ""
				? "holds a user name or password"
				: undefined;
	if (reason === undefined) return;
	// Not shown: what is no address may be anything.
	throw wrong(
		`The endpoint of AWS Secrets Manager ${reason}`,
		"Set AWS_ENDPOINT_URL_SECRETS_MANAGER, AWS_ENDPOINT_URL or aws.endpoint to something like http://localhost:4566, or unset them.",
	);
}

function wrong(message: string, cure: string): DstaError {
	return new DstaError("DSTA_CONFIG", message, { backend: "aws", cure });
}

// Which way there is matters where nobody was reached.
async function placeOf(
	{ kind }: AwsFault,
	settings: AwsSettings,
	env: BackendContext["env"],
): Promise<string> {
	const place = describe(settings);
	if (kind !== "unavailable" && kind !== "timeout") return place;
	const proxy = await findAwsProxy(settings, env);
	return proxy === undefined ? place : `${place} through the proxy ${proxy.url.host}`;
}

async function brokenProfiles(context: BackendContext): Promise<DstaError | undefined> {
	try {
		await checkProfileFiles(context);
		return undefined;
	} catch (error) {
		if (error instanceof DstaError) return error;
		throw error;
	}
}
