import type { BackendContext, Overrides } from "../backend.ts";

/** The settings of AWS Secrets Manager, from the environment and the map. */
export interface AwsSettings {
	/** `undefined`: the profile's own. */
	readonly region: string | undefined;
	/** What names begin with; empty: nothing. */
	readonly prefix: string;
	/** `undefined`: none is named, so that the SDK takes `default`. */
	readonly profile: string | undefined;
	/** `undefined`: the region's own, or what the profile says. May hold `{region}`. */
	readonly endpoint: string | undefined;
	/** Regions to be asked, in this order, for what is not available in `region`. */
	readonly replicas: readonly string[];
	/** Where secrets are written: the first of several regions, since replicas take no writes. */
	readonly primary: string | undefined;
	/** The role to take on; `undefined`: none. */
	readonly role: Role | undefined;
	/** How often a request is made at most; `undefined`: what the profile says, or three times. */
	readonly maxAttempts: number | undefined;
	readonly retryMode: string;
	/** What one attempt may take; `undefined`: half of the time that is left, while another may follow. */
	readonly attemptTimeoutMs: number | undefined;
	/** What the answers may take, where nobody says how much time is left. */
	readonly timeoutMs: number;
}

/** A role, and how to ask for it. */
export interface Role {
	readonly arn: string;
	readonly externalId: string | undefined;
	readonly sessionName: string;
	readonly durationSeconds: number | undefined;
	/** Where STS is asked; `undefined`: the region's own, or what the profile says. */
	readonly endpoint: string | undefined;
}

const DEFAULT_PREFIX = "dsta/";
const DEFAULT_TIMEOUT_MS = 10_000;

/** Reads the settings; `undefined` when neither the map nor the environment speaks of AWS. */
export function readAwsSettings({
	env,
	isNamed,
	settings,
}: Pick<BackendContext, "env" | "isNamed" | "settings">): AwsSettings | undefined {
	if (!isNamed && !CONFIGURING.some((name) => env[name])) return undefined;
	return {
		...readRegions(env, settings),
		prefix: toPrefix(settings.prefix) ?? DEFAULT_PREFIX,
		// As with every setting the environment wins, whichever of its ways it gives credentials by.
		profile:
			env.AWS_PROFILE || (OWN_CREDENTIALS.some((name) => env[name]) ? undefined : text(settings.profile)),
		endpoint: endpointOf(env, "SECRETS_MANAGER") ?? text(settings.endpoint),
		role: toRole(settings.assume_role, env),
		maxAttempts: toMaxAttempts(env.AWS_MAX_ATTEMPTS, settings.retries),
		retryMode: env.AWS_RETRY_MODE || text(settings.retry_mode) || "standard",
		attemptTimeoutMs: settings.attemptTimeoutMs === undefined ? undefined : Number(settings.attemptTimeoutMs),
		timeoutMs: Number(settings.timeoutMs ?? DEFAULT_TIMEOUT_MS),
	};
}

/** The settings as one entry of the map changes them. */
export function overrideSettings(settings: AwsSettings, overrides: Overrides | undefined): AwsSettings {
	if (overrides === undefined) return settings;
	return {
		...settings,
		region: text(overrides.region) ?? settings.region,
		prefix: toPrefix(overrides.prefix) ?? settings.prefix,
	};
}

/** The address to ask at; `undefined`: the region's own, or what the profile says. */
export function endpointIn({
	endpoint,
	region,
}: Pick<AwsSettings, "endpoint" | "region">): string | undefined {
	return region === undefined ? endpoint : endpoint?.replaceAll("{region}", region);
}

/** Where the questions go, for messages. */
export function describe(settings: Pick<AwsSettings, "endpoint" | "region">): string {
	const { region } = settings;
	const endpoint = endpointIn(settings);
	if (endpoint !== undefined) return URL.canParse(endpoint) ? new URL(endpoint).origin : "its endpoint";
	return region === undefined ? "AWS Secrets Manager" : `AWS Secrets Manager in ${region}`;
}

/** Whose secrets are asked for, as far as that shows before anybody is asked. */
export function identify(
	{ endpoint, prefix, profile, region, role }: AwsSettings,
	{ AWS_ACCESS_KEY_ID: key, AWS_ROLE_ARN: webRole, AWS_SESSION_TOKEN: isPassing }: BackendContext["env"],
): string {
	// The key of a session is another one in the next run.
	const caller = [profile, webRole, isPassing ? undefined : key, role?.arn];
	return JSON.stringify([endpoint, region, prefix, ...caller]);
}

const OWN_CREDENTIALS = [
	"AWS_ACCESS_KEY_ID",
	"AWS_WEB_IDENTITY_TOKEN_FILE",
	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
	"AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

// Half of the keys is a mistake that is told, not a sign that nobody means AWS.
const CONFIGURING = [
	...OWN_CREDENTIALS,
	"AWS_SECRET_ACCESS_KEY",
	"AWS_REGION",
	"AWS_DEFAULT_REGION",
	"AWS_PROFILE",
];

/** The address that the environment gives for a service; `undefined`: its own. */
export function endpointOf(
	env: BackendContext["env"],
	service: "SECRETS_MANAGER" | "STS",
): string | undefined {
	if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === "true") return undefined;
	return env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL || undefined;
}

/**
 * Where several regions are given, the secrets are there and nowhere else: the environment, which is often the platform's and
 * tells where this host is, says which of them is read first. At an endpoint that is the same for all there is but one to ask.
 */
function readRegions(
	env: BackendContext["env"],
	{ region, regions }: Overrides,
): Pick<AwsSettings, "region" | "replicas" | "primary"> {
	const here = env.AWS_REGION || env.AWS_DEFAULT_REGION;
	if (!Array.isArray(regions)) {
		const only = here || text(region);
		return { region: only, replicas: [], primary: only };
	}
	const [first, ...replicas] = regions.toSorted((a, b) => Number(b === here) - Number(a === here));
	const isFixed = endpointOf(env, "SECRETS_MANAGER")?.includes("{region}") === false;
	return isFixed
		? { region: first, replicas: [], primary: first }
		: { region: first, replicas, primary: regions[0] };
}

function toRole(setting: Overrides[string], env: BackendContext["env"]): Role | undefined {
	if (typeof setting !== "object" || !("roleArn" in setting)) return undefined;
	const { durationMs, externalId, roleArn, sessionName } = setting;
	return {
		arn: String(roleArn),
		externalId: text(externalId),
		sessionName: text(sessionName) ?? "dsta-run",
		durationSeconds: durationMs === undefined ? undefined : Math.round(Number(durationMs) / 1000),
		endpoint: endpointOf(env, "STS"),
	};
}

/** NaN for what is no number. */
function toMaxAttempts(variable: string | undefined, retries: Overrides[string]): number | undefined {
	if (variable) return /^\d+$/.test(variable.trim()) ? Number(variable) : Number.NaN;
	return retries === undefined ? undefined : Number(retries) + 1;
}

function text(setting: Overrides[string]): string | undefined {
	return setting === undefined || setting === "" ? undefined : String(setting);
}

// `prefix: dsta` means the folder; `prefix: dsta-` means what it says.
function toPrefix(setting: Overrides[string]): string | undefined {
	if (setting === undefined) return undefined;
	const prefix = String(setting);
	return /[A-Za-z0-9]$/.test(prefix) ? `${prefix}/` : prefix;
}
