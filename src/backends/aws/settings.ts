import type { BackendContext, Overrides } from "../backend.ts";

/** The settings of AWS Secrets Manager, from the environment and the map. */
export interface AwsSettings {
	/** `undefined`: the profile's own. */
	readonly region: string | undefined;
	/** What names begin with; empty: nothing. */
	readonly prefix: string;
	/** `undefined`: none is named, so that the SDK takes `default`. */
	readonly profile: string | undefined;
	/** `undefined`: the region's own, or what the profile says. */
	readonly endpoint: string | undefined;
}

const DEFAULT_PREFIX = "dsta/";

/** Reads the settings; `undefined` when neither the map nor the environment speaks of AWS. */
export function readAwsSettings({
	env,
	isNamed,
	settings,
}: Pick<BackendContext, "env" | "isNamed" | "settings">): AwsSettings | undefined {
	if (!isNamed && !CONFIGURING.some((name) => env[name])) return undefined;
	return {
		region: env.AWS_REGION || env.AWS_DEFAULT_REGION || text(settings.region),
		prefix: toPrefix(settings.prefix) ?? DEFAULT_PREFIX,
		// As with every setting the environment wins, whichever of its ways it gives credentials by.
		profile:
			env.AWS_PROFILE || (OWN_CREDENTIALS.some((name) => env[name]) ? undefined : text(settings.profile)),
		endpoint: endpointOf(env) ?? text(settings.endpoint),
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

/** Where the questions go, for messages. */
export function describe({ endpoint, region }: Pick<AwsSettings, "endpoint" | "region">): string {
	if (endpoint !== undefined) return URL.canParse(endpoint) ? new URL(endpoint).origin : "its endpoint";
	return region === undefined ? "AWS Secrets Manager" : `AWS Secrets Manager in ${region}`;
}

/** Whose secrets are asked for, as far as that shows before anybody is asked. */
export function identify(
	{ endpoint, prefix, profile, region }: AwsSettings,
	{ AWS_ACCESS_KEY_ID: key, AWS_ROLE_ARN: role, AWS_SESSION_TOKEN: isPassing }: BackendContext["env"],
): string {
	// The key of a session is another one in the next run.
	return JSON.stringify([endpoint, region, prefix, profile, role, isPassing ? undefined : key]);
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

function endpointOf(env: BackendContext["env"]): string | undefined {
	if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === "true") return undefined;
	return env.AWS_ENDPOINT_URL_SECRETS_MANAGER || env.AWS_ENDPOINT_URL || undefined;
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
