import { connectionWords } from "../connection.ts";
/** What went wrong at AWS, as far as it makes a difference. */
export type FaultKind =
	/** There is no such secret or version. */
	| "absent"
	/** It is scheduled for deletion. */
	| "deleted"
	/** Somebody else created it meanwhile. */
	| "exists"
	/** The policy does not allow it. */
	| "forbidden"
	/** The KMS key of the secret cannot be used. */
	| "undecryptable"
	/** The credentials are unknown, wrong or have expired. */
	| "badCredentials"
	/** The session of `aws sso login` has expired. */
	| "ssoExpired"
	| "noCredentials"
	| "noRegion"
	| "timeout"
	| "unavailable"
	| "misconfigured";

/**
 * An error of the SDK without what it may leak: no message, no request, no response.
 * Never leaves this folder: `failureOf` words it for people.
 */
export class AwsFault extends Error {
	readonly kind: FaultKind;
	/** The error's name or code, or a few words of ours. */
	readonly reason: string;

	constructor(kind: FaultKind, reason: string) {
		super(reason);
		this.kind = kind;
		this.reason = reason;
	}
}

/** Reads an error of the SDK; `during` tells whether it was getting credentials or asking Secrets Manager. */
export function faultOf(error: unknown, during: "credentials" | "request"): AwsFault {
	if (error instanceof AwsFault) return error;
	const { name, code, status, message } = readError(error);
	const fault = (kind: FaultKind, reason = name): AwsFault => new AwsFault(kind, reason);

	const words = code === undefined ? undefined : connectionWords(code);
	if (words !== undefined) return fault("unavailable", words);
	if (/^(?:Credentials|Token|)ProviderError$/.test(name)) return fault(providerFault(message));
	if (status === 429 || THROTTLED.test(name)) return fault("unavailable", `throttled (${name})`);
	if (status !== undefined && status >= 500) return fault("unavailable", `HTTP ${status}`);
	if (BAD_CREDENTIALS.test(name)) return fault("badCredentials");
	if (during === "credentials" && (status === 400 || status === 403)) return fault("badCredentials");
	if (name === "DecryptionFailure" || (/^AccessDenied/.test(name) && /\bkms\b/i.test(message)))
		return fault("undecryptable");
	if (/^AccessDenied/.test(name)) return fault("forbidden");
	const kind = KINDS[name];
	if (kind !== undefined) return fault(kind);
	if (status === 401 || status === 403) return fault("badCredentials");
	if (status !== undefined && status >= 400) return fault("misconfigured");
	if (status !== undefined) return notOfAws(status);
	if (code !== undefined && /^(?:ERR_INVALID_|ENOENT|EACCES|EISDIR|ERR_UNESCAPED)/.test(code))
		return fault("misconfigured", code);
	return fault("unavailable", code ?? name);
}

// The SDK has one name for all that can go wrong with credentials; only its words tell more.
function providerFault(message: string): FaultKind {
	if (/could not be found in|missing required|configured with invalid/i.test(message)) return "misconfigured";
	return /\bsso\b|aws login|token is expired|session token/i.test(message) ? "ssoExpired" : "noCredentials";
}

/** The fault of an answer that does not say what AWS's would. */
export function notOfAws(status: number): AwsFault {
	return new AwsFault("unavailable", `HTTP ${status} with an answer that is not AWS's`);
}

/** Reads one line of the Errors of a batch. */
export function faultOfEntry(error: {
	ErrorCode?: string | undefined;
	Message?: string | undefined;
}): AwsFault {
	return faultOf({ name: error.ErrorCode, message: error.Message }, "request");
}

interface ReadableError {
	readonly name: string;
	readonly code: string | undefined;
	readonly status: number | undefined;
	/** To be looked at, never shown. */
	readonly message: string;
}

function readError(error: unknown): ReadableError {
	// Node joins the failures of several addresses of one host.
	const single = error instanceof AggregateError ? error.errors[0] : error;
	const { name, code, message, $metadata } = (single ?? {}) as {
		readonly name?: unknown;
		readonly code?: unknown;
		readonly message?: unknown;
		readonly $metadata?: { readonly httpStatusCode?: number };
	};
	return {
		name: toWord(name) ?? "UnknownError",
		code: toWord(code),
		status: $metadata?.httpStatusCode,
		message: String(message),
	};
}

// A name comes from the answer, and whatever answered may have put anything there.
function toWord(text: unknown): string | undefined {
	return typeof text === "string" && /^[A-Za-z][A-Za-z_]{1,60}\d{0,3}$/.test(text) ? text : undefined;
}

const THROTTLED = /^(?:Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|LimitExceeded|RequestThrottled)/;

const BAD_CREDENTIALS =
	/^(?:UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|ExpiredToken|RequestExpired|InvalidClientTokenId|InvalidIdentityToken|InvalidToken|IncompleteSignature|MissingAuthenticationToken|AuthFailure|OptInRequired|NotAuthorized|UnauthorizedException|RequestInTheFuture|RequestTimeTooSkewed)/;

const KINDS: Readonly<Record<string, FaultKind>> = {
	ResourceNotFoundException: "absent",
	InvalidRequestException: "deleted",
	ResourceExistsException: "exists",
	InternalServiceError: "unavailable",
	InternalServiceErrorException: "unavailable",
};
