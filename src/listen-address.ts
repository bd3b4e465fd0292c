/** Where somebody can be listened to. */
export type ListenAddress =
	| { readonly kind: "tcp"; readonly host: string; readonly port: number }
	| { readonly kind: "unix"; readonly path: string };

/** What `parseListenAddress` takes, for messages. */
export const LISTEN_ADDRESS_FORM = "PORT (of 127.0.0.1), ADDRESS:PORT, [ADDRESS]:PORT or unix:PATH";

/** What stands in the place of an address where nobody is to listen. */
export const NO_ADDRESS = "none";

const MAX_PORT = 65_535;
/** What the kernel has room for: https://man7.org/linux/man-pages/man7/unix.7.html */
const MAX_PATH_BYTES = 107;

/** Reads `9464`, `0.0.0.0:9464`, `localhost:9464`, `[::1]:9464` or `unix:/run/dsta/app.sock`; `undefined` when it is none of these. */
export function parseListenAddress(text: string): ListenAddress | undefined {
	if (text.startsWith("unix:")) return parsePath(text.slice("unix:".length));
	const [, ipv6, other = "127.0.0.1", digits] =
		/^(?:(?:\[([^\]]*)\]|([^[\]:]+)):)?(\d{1,5})$/.exec(text) ?? [];
	const port = Number(digits);
	const isHost = ipv6 === undefined ? IPV4.test(other) || other === "localhost" : isIPv6(ipv6);
	return digits === undefined || port > MAX_PORT || !isHost
		? undefined
		: { kind: "tcp", host: ipv6 ?? other, port };
}

// Not by node:net, which takes longer to load than a map to read.
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** With or without the zone of an address that is local to a link: `fe80::1%eth0`. */
function isIPv6(text: string): boolean {
	const address = text.replace(/%[\w.:-]+$/, "");
	// URL.canParse leaves tabs and line breaks out.
	return /^[\da-f:.]+$/i.test(address) && URL.canParse(`http://[${address}]`);
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
	return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
