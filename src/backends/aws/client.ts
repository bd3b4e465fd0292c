import {
	BatchGetSecretValueCommand,
	type BatchGetSecretValueCommandInput,
	type BatchGetSecretValueCommandOutput,
	CreateSecretCommand,
	type CreateSecretCommandInput,
	type CreateSecretCommandOutput,
	DescribeSecretCommand,
	type DescribeSecretCommandInput,
	type DescribeSecretCommandOutput,
	GetSecretValueCommand,
	type GetSecretValueCommandInput,
	type GetSecretValueCommandOutput,
	ListSecretsCommand,
	type ListSecretsCommandInput,
	type ListSecretsCommandOutput,
	ListSecretVersionIdsCommand,
	type ListSecretVersionIdsCommandInput,
	type ListSecretVersionIdsCommandOutput,
	PutSecretValueCommand,
	type PutSecretValueCommandInput,
	type PutSecretValueCommandOutput,
	SecretsManagerClient,
	type SecretsManagerClientConfig,
	TagResourceCommand,
	type TagResourceCommandInput,
	type TagResourceCommandOutput,
	UntagResourceCommand,
	type UntagResourceCommandInput,
	type UntagResourceCommandOutput,
	UpdateSecretVersionStageCommand,
	type UpdateSecretVersionStageCommandInput,
	type UpdateSecretVersionStageCommandOutput,
} from "@aws-sdk/client-secrets-manager";
import type { BackendContext } from "../backend.ts";
import { createCircuit } from "../circuit.ts";
import { openTransport } from "../open-transport.ts";
import { perSignal } from "../per-signal.ts";
import {
	checkBatch,
	checkDescription,
	checkList,
	checkSecret,
	checkVersions,
	checkWritten,
} from "./answer.ts";
import { loadConnection } from "./connection-settings.ts";
import { AwsFault, faultOf, isOutOfReach } from "./fault.ts";
import { createHttpHandler } from "./http-handler.ts";
import { type AwsSettings, endpointIn, type Role } from "./settings.ts";
import { staticKeys } from "./static-keys.ts";
import { atMost } from "./time-limit.ts";

const MAX_SOCKETS = { "http:": 16, "https:": 16 };

type Ask<Input, Output> = (input: Input, signal: AbortSignal) => Promise<Output>;

/** The actions of Secrets Manager in one region. Each rejects with an AwsFault and with nothing else, at the signal at once. */
export interface AwsClient {
	readonly batchGet: Ask<BatchGetSecretValueCommandInput, BatchGetSecretValueCommandOutput>;
	readonly get: Ask<GetSecretValueCommandInput, GetSecretValueCommandOutput>;
	readonly put: Ask<PutSecretValueCommandInput, PutSecretValueCommandOutput>;
	readonly create: Ask<CreateSecretCommandInput, CreateSecretCommandOutput>;
	/** Moves a label of versions from one to another, or takes it off. */
	readonly label: Ask<UpdateSecretVersionStageCommandInput, UpdateSecretVersionStageCommandOutput>;
	readonly list: Ask<ListSecretsCommandInput, ListSecretsCommandOutput>;
	readonly describe: Ask<DescribeSecretCommandInput, DescribeSecretCommandOutput>;
	readonly versions: Ask<ListSecretVersionIdsCommandInput, ListSecretVersionIdsCommandOutput>;
	readonly tag: Ask<TagResourceCommandInput, TagResourceCommandOutput>;
	readonly untag: Ask<UntagResourceCommandInput, UntagResourceCommandOutput>;
	/** Signs a request to another service in the region with the credentials of this client. */
	readonly sign: Ask<SignableRequest, Signed>;
	close(): void;
}

/** A request to a service, in the words of the SDK. */
export interface SignableRequest {
	readonly service: string;
	readonly method: string;
	readonly protocol: string;
	readonly hostname: string;
	readonly path: string;
	readonly headers: Record<string, string>;
	readonly body: string;
}

export type Signed = Pick<SignableRequest, "headers">;

/**
 * Makes the client. It looks for credentials when it is first asked something, and tells when it has them.
 * @throws {DstaError} as `loadConnection`
 */
export async function createClient(
	settings: AwsSettings,
	context: BackendContext,
	onCredentials: () => void,
): Promise<AwsClient> {
	const { maxAttempts, profile, region, retryMode, role } = settings;
	const { beforeEnd, env, killTree, onSent } = context;
	const endpoint = endpointIn(settings);
	const connection = await loadConnection(settings, context);
	const transport = await openTransport({ maxSockets: MAX_SOCKETS, onSent, ...connection });
	const credentials = profile === undefined ? staticKeys(env) : undefined;
	const options: SecretsManagerClientConfig = {
		...(region === undefined ? {} : { region }),
		...(endpoint === undefined ? {} : { endpoint }),
		...(profile === undefined ? {} : { profile }),
		...(credentials === undefined ? FRESH_FILES : { credentials }),
		...containerTimeout(env),
		requestHandler: { ...createHttpHandler(transport, settings) },
		...(maxAttempts === undefined ? {} : { maxAttempts }),
		// Never left to the SDK, which may ask an instance for its region to find a default.
		retryMode,
		logger: SILENT,
	};
	const plain = new SecretsManagerClient(options);
	const sdk = role === undefined ? plain : await withRole(role, plain, options);

	// They are there, and need no search.
	const hasKeys = credentials !== undefined && role === undefined;
	let isReady = false;
	let areRefused = false;
	// Apart from the request, so that a refusal by STS is not taken for one by Secrets Manager. The SDK keeps what it has found
	// until it is about to expire, and what has no such time for ever: what was refused is looked for anew.
	async function prepare(signal: AbortSignal): Promise<void> {
		if (isReady && hasKeys) return;
		try {
			await sdk.config.region();
		} catch {
			throw new AwsFault("noRegion", "no region");
		}
		try {
			if (hasKeys) await sdk.config.credentials();
			else {
				const { searchCredentials } = await import("./credential-search.ts");
				const search = () => sdk.config.credentials({ forceRefresh: areRefused });
				await searchCredentials(search, { beforeEnd, killTree, signal });
				areRefused = false;
			}
		} catch (error) {
			throw faultOf(error, "credentials");
		}
		isReady = true;
		onCredentials();
	}

	const circuits = perSignal((signal) =>
		createCircuit(signal, { max: MAX_SOCKETS["https:"], isFailure: isOutOfReach }),
	);

	// The SDK bounds requests by the signal, but not the search for credentials, which can take minutes.
	function ask<Output>(
		signal: AbortSignal,
		send: (options: { readonly abortSignal: AbortSignal }) => Promise<Output>,
		check: (answer: Output) => Output,
	): Promise<Output> {
		return atMost(signal, async () => {
			await prepare(signal);
			const outcome = await circuits(signal)((abortSignal) =>
				send({ abortSignal })
					.then(check)
					.catch((error) => faultOf(error, "request")),
			);
			if (!(outcome instanceof AwsFault)) return outcome as Output;
			areRefused ||= outcome.kind === "badCredentials";
			throw outcome;
		});
	}

	return {
		batchGet: (input, signal) =>
			ask(signal, (options) => sdk.send(new BatchGetSecretValueCommand(input), options), checkBatch),
		get: (input, signal) =>
			ask(signal, (options) => sdk.send(new GetSecretValueCommand(input), options), checkSecret),
		put: (input, signal) =>
			ask(signal, (options) => sdk.send(new PutSecretValueCommand(input), options), checkWritten),
		create: (input, signal) =>
			ask(signal, (options) => sdk.send(new CreateSecretCommand(input), options), checkWritten),
		label: (input, signal) =>
			ask(signal, (options) => sdk.send(new UpdateSecretVersionStageCommand(input), options), unchecked),
		list: (input, signal) =>
			ask(signal, (options) => sdk.send(new ListSecretsCommand(input), options), checkList),
		describe: (input, signal) =>
			ask(signal, (options) => sdk.send(new DescribeSecretCommand(input), options), checkDescription),
		versions: (input, signal) =>
			ask(signal, (options) => sdk.send(new ListSecretVersionIdsCommand(input), options), checkVersions),
		tag: (input, signal) =>
			ask(signal, (options) => sdk.send(new TagResourceCommand(input), options), unchecked),
		untag: (input, signal) =>
			ask(signal, (options) => sdk.send(new UntagResourceCommand(input), options), unchecked),
		sign: ({ service, ...request }, signal) =>
			atMost(signal, async () => {
				await prepare(signal);
				const { SignatureV4 } = await import("@smithy/signature-v4");
				const { credentials, region, sha256 } = sdk.config;
				const signer = new SignatureV4({ service, region, credentials, sha256, applyChecksum: false });
				try {
					return await signer.sign(request);
				} catch (error) {
					throw faultOf(error, "credentials");
				}
			}),
		close: () => sdk.destroy(),
	};
}

// Says no more than that it is done.
function unchecked<Output>(answer: Output): Output {
	return answer;
}

async function withRole(
	role: Role,
	plain: SecretsManagerClient,
	options: SecretsManagerClientConfig,
): Promise<SecretsManagerClient> {
	const { assumeRole } = await import("./assume-role.ts");
	return new SecretsManagerClient({ ...options, credentials: assumeRole(role, plain) });
}

// Reaches the SDK's providers for profiles, which would take what their files held when this process began.
const FRESH_FILES = { ignoreCache: true };

// Reaches the SDK's provider of container credentials, which after its default of a second only prints a warning: our signal
// is the limit. Not set without a container, where it would be the limit of the search for an instance's metadata.
function containerTimeout(env: BackendContext["env"]): { readonly timeout?: number } {
	const uri = env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI || env.AWS_CONTAINER_CREDENTIALS_FULL_URI;
	return uri ? { timeout: 0 } : {};
}

// The SDK falls back to console.warn where its logger is missing or is its own silent one.
const SILENT = {
	trace: () => undefined,
	debug: () => undefined,
	info: () => undefined,
	warn: () => undefined,
	error: () => undefined,
};
