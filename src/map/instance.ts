/** Where an instance tells of its versions. */
export interface InstanceAddress {
	readonly url: URL;
	/** Of a Unix socket, by which the URL is asked for. */
	readonly socketPath?: string;
}

/** Reads `http://HOST:PORT`, `https://HOST:PORT`, `HOST:PORT` or `unix:/PATH`; `undefined` where the text is none of these. */
export function parseInstance(text: string): InstanceAddress | undefined {
	const socketPath = /^unix:(?:\/\/)?(\/.+)$/.exec(text)?.[1];
	if (socketPath !== undefined) return { url: new URL("http://localhost/versions"), socketPath };
	const whole = /^[^\s/]+:\d+(?:\/|$)/.test(text) ? `http://${text}` : text;
	// URL.parse takes http:a and http:///a for it as well.
	const url = /^https?:\/\/[^\s/]+(?:\/|$)/.test(whole) ? URL.parse(whole) : null;
	if (url === null) return undefined;
	if (url.pathname === "/") url.pathname = "/versions";
	return { url };
}
