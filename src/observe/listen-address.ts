import { isIPv4, isIPv6 } from "node:net";

/** Where somebody can be listened to. */
export type ListenAddress =
	| { readonly kind: "tcp"; readonly host: string; readonly port: number }
	| { readonly kind: "unix"; readonly path: string };

/** What `parseListenAddress` takes, for messages. */
export const LISTEN_ADDRESS_FORM = "PORT (of 127.0.0.1), ADDRESS:PORT, [ADDRESS]:PORT or unix:PATH";

const MAX_PORT = 65_535;
/** What the kernel has room for: https://man7.org/linux/man-pages/man7/unix.7.html */
const MAX_PATH_BYTES = 107;

/** Reads `9464`, `0.0.0.0:9464`, `localhost:9464`, `[::1]:9464` or `unix:/run/dsta/app.sock`; `undefined` when it is none of these. */
export function parseListenAddress(text: string): ListenAddress | undefined {
	if (text.startsWith("unix:")) return parsePath(text.slice("unix:".length));
	const [, ipv6, other = "127.0.0.1", digits] =
		/^(?:(?:\[([^\]]*)\]|([^[\]:]+)):)?(\d{1,5})$/.exec(text) ?? [];
	const port = Number(digits);
	const isHost = ipv6 === undefined ? isIPv4(other) || other === "localhost" : isIPv6(ipv6);
	return digits === undefined || port > MAX_PORT || !isHost
		? undefined
		: { kind: "tcp", host: ipv6 ?? other, port };
}

function parsePath(path: string): ListenAddress | undefined {
	if (path === "" || path.includes("\0") || Buffer.byteLength(path) > MAX_PATH_BYTES) return undefined;
	return { kind: "unix", path };
}

/** Whether an address is one of the network that only this machine can reach. */
export function isLoopback(address: ListenAddress): boolean {
	if (address.kind === "unix") return false;
	return address.host === "localhost" || address.host === "::1" || address.host.startsWith("127.");
}

/** An address as others are told of it: a URL, or `unix:PATH`. */
export function showListenAddress(address: ListenAddress): string {
	if (address.kind === "unix") return `unix:${address.path}`;
	const { host, port } = address;
	return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
