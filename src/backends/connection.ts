/** The words for a code with which a connection failed; `undefined` for a code that is none of a connection. */
export function connectionWords(code: string): string | undefined {
	if (Object.hasOwn(WORDS, code)) return WORDS[code];
	return /CERT|TLS|SSL|SIGNATURE/.test(code) ? `TLS: ${code}` : undefined;
}

const WORDS: Readonly<Record<string, string>> = {
	ECONNREFUSED: "Connection refused",
	ECONNRESET: "Connection reset",
	EPIPE: "Connection reset",
	ETIMEDOUT: "Connection timed out",
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
	EPROTO: "TLS: the server does not speak it on this port",
	ANSWER_TOO_LARGE: "its answer is over 10 MiB",
	ANSWER_CUT_SHORT: "its answer was cut short",
	TOO_MANY_REDIRECTS: "it redirects in circles",
	BAD_REDIRECT: "it redirects to no address",
};
