/** The words for a code with which a connection failed; `undefined` for a code that is none of a connection. */
export function connectionWords(code: string): string | undefined {
	if (Object.hasOwn(WORDS, code)) return WORDS[code];
	const status = /^PROXY_HTTP_(\d+)$/.exec(code)?.[1];
	if (status === "407") return "the proxy wants a user name and a password (HTTP 407)";
	if (status !== undefined) return `the proxy does not let it through (HTTP ${status})`;
	if (code.endsWith("_ALERT_CERTIFICATE_REQUIRED")) return "TLS: it wants a client certificate";
	if (/_ALERT_(?:UNKNOWN_CA|ACCESS_DENIED|\w*CERTIFICATE)/.test(code))
		return "TLS: it does not accept the client certificate";
	// Node's HTTP parser.
	if (code.startsWith("HPE_")) return "its answer is not HTTP";
	return /CERT|TLS|SSL|SIGNATURE/.test(code) ? `TLS: ${code}` : undefined;
}

const WORDS: Readonly<Record<string, string>> = {
	ECONNREFUSED: "Connection refused",
	ECONNRESET: "Connection reset",
	EPIPE: "Connection reset",
	ETIMEDOUT: "Connection timed out",
	EADDRNOTAVAIL: "Address not available",
	EHOSTUNREACH: "Host unreachable",
	ENETUNREACH: "Network unreachable",
	ENOTFOUND: "Host name not found",
	EAI_AGAIN: "Host name could not be resolved for now",
	CERT_HAS_EXPIRED: "TLS: its certificate has expired",
	ERR_TLS_CERT_ALTNAME_INVALID: "TLS: its certificate is for another host name",
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: "TLS: its certificate is from an unknown authority",
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "TLS: its certificate is from an unknown authority",
	SELF_SIGNED_CERT_IN_CHAIN: "TLS: its certificate is from an unknown authority",
	DEPTH_ZERO_SELF_SIGNED_CERT: "TLS: its certificate is self-signed",
	CERT_NOT_YET_VALID: "TLS: its certificate is not valid yet",
	EPROTO: "TLS: the server does not speak it on this port",
	ERR_SSL_PACKET_LENGTH_TOO_LONG: "TLS: the server does not speak it on this port",
	ERR_SSL_WRONG_VERSION_NUMBER: "TLS: the server does not speak it on this port",
	TLS_HANDSHAKE_FAILED: "TLS: the handshake failed",
	TLS_EXPECTED: "TLS: the server speaks nothing else on this port",
	ANSWER_TOO_LARGE: "its answer is over 10 MiB",
	ANSWER_CUT_SHORT: "its answer was cut short",
	OTHER_PROTOCOL: "it changes to another protocol",
	TOO_MANY_REDIRECTS: "it redirects more than once",
	BAD_REDIRECT: "it redirects to no address",
	CLOSED: "its connections were closed meanwhile",
};
