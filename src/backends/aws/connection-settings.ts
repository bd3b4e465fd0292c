import type { BackendContext } from "../backend.ts";
import type { ConnectionOptions, ProxyServer } from "../transport.ts";
import type { AwsSettings } from "./settings.ts";

type Place = Pick<AwsSettings, "endpoint" | "region">;

/**
 * Reads what the environment says of TLS and of proxies: AWS_CA_BUNDLE, whose certificates take the place of the runtime's,
 * and HTTPS_PROXY. It goes for STS as well, and for no metadata service, which the SDK asks by itself.
 * @throws {DstaError} DSTA_CONFIG the bundle cannot be read, or the proxy has no address
 */
export async function loadConnection(
	place: Place,
	{ cwd, env }: Pick<BackendContext, "cwd" | "env">,
): Promise<ConnectionOptions> {
	const bundle = env.AWS_CA_BUNDLE;
	const isWithoutTls = place.endpoint?.startsWith("http:") ?? false;
	const tls = bundle && !isWithoutTls ? { ca: await loadBundle(bundle, cwd) } : undefined;
	if (!namesProxy(env)) return { tls };
	// What is wrong with it is told now, not as a failure of a request.
	await findAwsProxy(place, env);
	const { findProxy } = await import("../proxy.ts");
	return { tls, proxyFor: (url) => findProxy(url, env, "aws") };
}

/** The proxy on the way to Secrets Manager, if there is one. */
export async function findAwsProxy(
	{ endpoint, region }: Place,
	env: BackendContext["env"],
): Promise<ProxyServer | undefined> {
	const address = endpoint ?? `https://secretsmanager.${region}.amazonaws.com`;
	if (!namesProxy(env) || !address.startsWith("https:")) return undefined;
	const { findProxy } = await import("../proxy.ts");
	return findProxy(new URL(address), env, "aws");
}

async function loadBundle(value: string, cwd: string): Promise<readonly string[]> {
	const { loadCertificates } = await import("../tls-files.ts");
	return loadCertificates({ value, origin: "AWS_CA_BUNDLE" }, { cwd, backend: "aws" });
}

function namesProxy(env: BackendContext["env"]): boolean {
	return Boolean(env.HTTPS_PROXY || env.https_proxy);
}
