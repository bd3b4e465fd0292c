import { now } from "../../clock.ts";
import type { ReadRequest, SecretValue } from "../backend.ts";
import { parseJson } from "../json.ts";
import { perSignal } from "../per-signal.ts";
import { encodePath } from "./api-path.ts";
import { type ApiRequest, type ApiResponse, errorsOf } from "./client.ts";
import type { Target } from "./failure.ts";
import { readLease, type VaultLease } from "./lease.ts";
import { isLogin, isWrapped, loginInstead, rawFailure, wrappedAnswer } from "./raw-failure.ts";
import type { Secret } from "./read.ts";
import type { Session } from "./session.ts";
import { overrideSettings, type VaultSettings } from "./settings.ts";

/** Reads what an engine gives for a whole path of Vault's API. */
export type ReadRaw = (request: ReadRequest, signal: AbortSignal) => Promise<Secret | undefined>;

export interface RawReaderOptions {
	/** Takes each lease that an answer brings. */
	readonly onLease: (lease: VaultLease) => void;
	readonly warn: (message: string) => void;
}

/**
 * Makes the reader of engines that make something anew for each question. All fields come from one answer, which is kept
 * until its lease comes to an end: the name and the password of a user of a database belong together, whichever entry asks for
 * them, and when.
 * What it gives throws as `readSecret` does.
 */
export function createRawReader(session: Session, options: RawReaderOptions): ReadRaw {
	const answers = new Map<string, Answer>();
	const underWay = perSignal(() => new Map<string, Promise<Secret | undefined>>());

	async function ask(question: Question, signal: AbortSignal): Promise<Secret | undefined> {
		const answer = await askEngine(session, question, { ...options, signal });
		if (answer !== undefined) answers.set(question.key, answer);
		return answer?.secret;
	}

	return async (request, signal) => {
		const question = toQuestion(session.settings, request);
		const { key } = question;
		const known = answers.get(key);
		if (known !== undefined && known.lease?.overAt === undefined) return known.secret;
		const asking = underWay(signal);
		const asked = asking.get(key) ?? ask(question, signal).finally(() => asking.delete(key));
		asking.set(key, asked);
		return asked;
	};
}

interface Answer {
	readonly secret: Secret;
	readonly lease: VaultLease | undefined;
}

interface Question extends Pick<ApiRequest, "method"> {
	/** The session's settings as the entry changes them. */
	readonly settings: VaultSettings;
	/** The whole path in Vault's API, with the mount. */
	readonly apiPath: string;
	/** As JSON text. */
	readonly data: string;
	/** The path as the user wrote it, for errors. */
	readonly path: string;
	/** The same for all questions that one answer is enough for. */
	readonly key: string;
}

function toQuestion(
	session: VaultSettings,
	{ overrides, path: { secret: apiPath, text: path } }: ReadRequest,
): Question {
	const settings = overrideSettings(session, overrides);
	const method = overrides?.method === "POST" ? "POST" : "GET";
	const data = String(overrides?.data ?? "{}");
	const key = JSON.stringify([settings.namespace, apiPath, method, data]);
	return { settings, apiPath, method, data, path, key };
}

async function askEngine(
	session: Session,
	question: Question,
	{ onLease, signal, warn }: RawReaderOptions & { readonly signal: AbortSignal },
): Promise<Answer | undefined> {
	const { apiPath, method, path, settings } = question;
	const { namespace } = settings;
	const target: Target = { settings, apiPath, path, capability: method === "POST" ? "update" : "read" };
	const sentAt = now();
	const request = { method, namespace, repeat: "untaken" as const, signal, ...placeOf(question) };
	const response = await session.ask(target, request);
	const lease = readLease(response, { apiPath, namespace, sentAt });
	if (lease !== undefined) onLease(lease);
	for (const names of ignoredOf(response))
		warn(`Vault knows no ${names} in the data of ${path}, and has ignored it`);
	const content = contentOf(response, target);
	return content === undefined ? undefined : { secret: { content, location: apiPath }, lease };
}

// In the body, or in the query where a request has none.
function placeOf({ apiPath, data, method }: Question): Pick<ApiRequest, "path" | "body"> {
	const path = encodePath(apiPath);
	const body = parseJson(data) as { readonly [name: string]: SecretValue };
	if (method === "POST") return { path, body };
	const query = new URLSearchParams();
	for (const [name, value] of Object.entries(body))
		for (const item of [value].flat()) query.append(name, String(item));
	return { path: query.size === 0 ? path : `${path}?${query}` };
}

function contentOf(response: ApiResponse, target: Target): SecretValue | undefined {
	const { body, status } = response;
	const isEmpty404 = status === 404 && errorsOf(response)?.length === 0;
	if (status === 204 || isEmpty404) return undefined;
	if (status !== 200 || body === undefined) throw rawFailure(response, target);
	if (isWrapped(body)) throw wrappedAnswer(target);
	if (isLogin(body)) throw loginInstead(target);
	if (body.data === undefined) throw rawFailure(response, target);
	return body.data ?? undefined;
}

// Of what Vault warns of, this alone is a mistake in the map, and these names are the map's.
function ignoredOf({ body }: ApiResponse): readonly string[] {
	const warnings = Array.isArray(body?.warnings) ? body.warnings.map(String) : [];
	return warnings.flatMap(
		(text) => /^Endpoint ignored these unrecognized parameters: \[([\w ,.-]+)\]$/.exec(text)?.[1] ?? [],
	);
}
