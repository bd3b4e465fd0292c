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
	/** STS does not give the role to whom we are. */
	| "roleDenied"
	/** STS finds something wrong in how we ask for the role. */
	| "roleWrong"
	| "noCredentials"
	| "noRegion"
	| "timeout"
	| "unavailable"
	| "misconfigured";

/** What an error tells beside its name, of which nothing is secret. */
export interface FaultDetails {
	/** Who was refused: the ARN of a user or a session. */
	readonly caller?: string | undefined;
	/** The ARN of the role that was refused. */
	readonly role?: string | undefined;
	/** The ARN of the KMS key. */
	readonly key?: string | undefined;
	/** How far the clock of AWS is before ours, where that is too far. */
	readonly skewMs?: number | undefined;
	/** The region that was asked, where it is another than was meant. */
	readonly region?: string | undefined;
}

/**
 * An error of the SDK without what it may leak: no message, no request, no response.
 * Never leaves this folder: `failureOf` words it for people.
 */
export class AwsFault extends Error {
	readonly kind: FaultKind;
	/** The error's name or code, or a few words of ours. */
	readonly reason: string;
	readonly details: FaultDetails;

	constructor(kind: FaultKind, reason: string, details: FaultDetails = {}) {
		super(reason);
		this.kind = kind;
		this.reason = reason;
		this.details = details;
	}
}

/** Whether nobody answered, so that another server may. */
export function isOutOfReach(outcome: unknown): outcome is AwsFault {
	return outcome instanceof AwsFault && (outcome.kind === "unavailable" || outcome.kind === "timeout");
}

/** What was under way: getting credentials, taking on a role with them, or asking Secrets Manager. */
export type Activity = "credentials" | "role" | "request";

/** Reads an error of the SDK. */
export function faultOf(error: unknown, during: Activity): AwsFault {
	if (error instanceof AwsFault) return error;
	const { name, code, details, status, message } = readError(error);
	const fault = (kind: FaultKind, reason = name): AwsFault => new AwsFault(kind, reason, details);
	const unavailable = (words: string): AwsFault =>
		fault("unavailable", during === "request" ? words : `no credentials: ${words}`);

	const words = code === undefined ? undefined : connectionWords(code);
	if (words !== undefined) return unavailable(words);
	if (/^(?:Credentials|Token|)ProviderError$/.test(name)) return fault(providerFault(message));
	if (status === 429 || THROTTLED.test(name)) return unavailable(`throttled (${name})`);
	if (status !== undefined && status >= 500) return unavailable(`HTTP ${status}`);
	if (BAD_CREDENTIALS.test(name)) return fault("badCredentials");
	const isAboutRole = during === "role" || (during === "credentials" && details.role !== undefined);
	if (isAboutRole && /^AccessDenied/.test(name)) return fault("roleDenied");
	if (during === "role" && status === 400) return fault("roleWrong");
	if (during !== "request" && (status === 400 || status === 403)) return fault("badCredentials");
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
	return unavailable(code ?? name);
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
	readonly details: FaultDetails;
}

function readError(error: unknown): ReadableError {
	// Node joins the failures of several addresses of one host.
	const single = error instanceof AggregateError ? error.errors[0] : error;
	const { name, code, message, $metadata, $response } = (single ?? {}) as {
		readonly name?: unknown;
		readonly code?: unknown;
		readonly message?: unknown;
		readonly $metadata?: { readonly httpStatusCode?: number };
		readonly $response?: { readonly headers?: Readonly<Record<string, string | undefined>> };
	};
	const text = String(message);
	return {
		name: toWord(name) ?? "UnknownError",
		code: toWord(code),
		status: $metadata?.httpStatusCode,
		message: text,
		details: {
			caller: CALLER.exec(text)?.[1],
			role: ROLE.exec(text)?.[1],
			key: KEY.exec(text)?.[0],
			skewMs: skewOf($response?.headers),
		},
	};
}

// Only what has the form of an ARN is taken out of a message.
const CALLER = /\bUser: (arn:aws[\w-]*:(?:iam|sts)::\d{12}:[\w+=,.@/-]{1,256}) is not authorized\b/;
const ROLE = /\bsts:AssumeRole on resource: (arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,256})/;
const KEY = /\barn:aws[\w-]*:kms:[\w-]+:\d{12}:(?:key|alias)\/[\w/-]{1,256}/;

/** AWS accepts five minutes, of which a slow answer may take some. */
const TOLERATED_SKEW_MS = 240_000;

function skewOf(headers: Readonly<Record<string, string | undefined>> = {}): number | undefined {
	// An answer out of a cache is as old as that says.
	const skewMs = headers.age === undefined ? Date.parse(headers.date ?? "") - Date.now() : 0;
	return Math.abs(skewMs) > TOLERATED_SKEW_MS ? skewMs : undefined;
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
