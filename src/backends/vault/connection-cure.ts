import { connectionWords } from "../connection.ts";
import { shellWord } from "../shell.ts";
import type { ProxyServer } from "../transport.ts";
import { type VaultSettings, vaultCommand } from "./settings.ts";

/** Where a request goes, for messages: the address, and the proxy before it. */
export function placeOf({ address, proxy }: VaultSettings): string {
	return proxy === undefined ? address : `${address} through the proxy ${proxy.url.host}`;
}

/** The command that asks whether the server answers. */
export function probeOf({ address, socketPath }: VaultSettings): string {
	const target =
		socketPath === undefined ? address : `--unix-socket ${shellWord(socketPath)} http://localhost`;
	return `curl ${target}/v1/sys/health`;
}

/** The words for the code of a connection that failed. */
export function connectionReason(code: string, { socketPath }: VaultSettings): string {
	return (socketPath && SOCKET_WORDS[code]) || connectionWords(code) || code;
}

const SOCKET_WORDS: Readonly<Record<string, string>> = {
	ENOENT: "There is no such socket",
	EACCES: "This user may not use the socket",
	EPERM: "This user may not use the socket",
};

/** What to do about a connection that failed with a code. */
export function connectionCure(code: string, settings: VaultSettings): string {
	const { address, origin, proxy, socketPath } = settings;
	const words = connectionWords(code) ?? "";
	const show = `openssl s_client -connect ${hostAndPort(settings)} </dev/null | openssl x509 -noout`;
	if (/unknown authority|self-signed/.test(words))
		return "Name the certificate of the authority that signed it, or its own if nobody did, in PEM form: VAULT_CACERT=/path/to/ca.pem, or vault: { cacert: … } in the map.";
	if (/expired|not valid yet/.test(words))
		return `Renew it, or set the clock of this machine right (date). What it says: ${show} -dates`;
	if (/another host name/.test(words))
		return `Set ${origin} to a name that it is for, or VAULT_TLS_SERVER_NAME: ${show} -ext subjectAltName`;
	if (/client certificate/.test(words))
		return "Name one that the server accepts, and its key: VAULT_CLIENT_CERT=/path/to/client.pem VAULT_CLIENT_KEY=/path/to/client.key";
	if (proxy !== undefined) return proxyCure(code, settings, proxy);
	if (code === "TLS_EXPECTED") return `Set ${origin} to ${address.replace("http:", "https:")}.`;
	if (/does not speak it/.test(words))
		return `Check the port in ${origin}. A server that really does without TLS, as one in development mode, has the address ${address.replace("https:", "http:")}.`;
	if (/not HTTP/.test(words)) return `Check host and port in ${origin}: ${address}`;
	if (socketPath !== undefined)
		return `Check that the server or its agent listens there (${probeOf(settings)}) and that this user may write to the socket: ls -l ${shellWord(socketPath)}`;
	if (code === "ECONNRESET" && address.startsWith("http:"))
		return `${generalCure(settings)} A server with TLS has the address ${address.replace("http:", "https:")}.`;
	return generalCure(settings);
}

/** What to look at when nothing says more. */
export function generalCure(settings: VaultSettings): string {
	const { address, origin } = settings;
	return `Check the address (${origin} is ${address}), the server (${probeOf(settings)}) and the token (${vaultCommand(settings)} token lookup).`;
}

function proxyCure(code: string, settings: VaultSettings, { origin, url }: ProxyServer): string {
	const { host, hostname } = new URL(settings.address);
	const without = /^https_proxy$/i.test(origin)
		? `To go without it, add ${hostname} to NO_PROXY.`
		: `To go without it, unset ${origin}.`;
	if (code === "PROXY_HTTP_407")
		return `Put those into ${origin}: http://USER:PASSWORD@${url.host}, percent-encoded. ${without}`;
	if (code.startsWith("PROXY_HTTP_"))
		return `Ask who runs ${url.host} to let CONNECT ${hostAndPort(settings)} through. ${without}`;
	return `Check the proxy (${origin} names ${url.host}) and whether it reaches ${host}. ${without}`;
}

function hostAndPort({ address }: VaultSettings): string {
	const { host, port } = new URL(address);
	return port === "" ? `${host}:443` : host;
}
