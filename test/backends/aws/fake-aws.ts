import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { certificateFile } from "../vault/fake-vault.ts";

/** One call that the server got. */
export interface Call {
	/** `GetSecretValue`, or for another protocol than Secrets Manager's the method and the URL. */
	readonly action: string;
	readonly path: string;
	readonly text: string;
	readonly input: Readonly<Record<string, unknown>>;
	readonly headers: IncomingHttpHeaders;
}

export interface Answer {
	readonly status?: number;
	readonly body?: unknown;
	readonly headers?: Record<string, string>;
}

/** A programmed answer; `silence` never comes, `hangUp` cuts the connection. */
export type Program = (call: Call, count: number) => Answer | "silence" | "hangUp" | Promise<Answer>;

export interface FakeAws extends AsyncDisposable {
	readonly url: string;
	readonly port: number;
	readonly calls: readonly Call[];
	/** Resolves when the next call has come in. */
	nextCall(): Promise<void>;
}

export interface FakeAwsOptions {
	/** The name of a certificate in vault/certificates/: the server speaks TLS. */
	readonly certificate?: string;
}

/** A server at the wire that answers what the test says; `count` is the number of calls of the same action, from 1. */
export async function startFakeAws(program: Program, { certificate }: FakeAwsOptions = {}): Promise<FakeAws> {
	const calls: Call[] = [];
	const answer = async (request: IncomingMessage, response: ServerResponse) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const text = Buffer.concat(chunks).toString();
		const target = String(request.headers["x-amz-target"] ?? "");
		const action = target.split(".")[1] ?? `${request.method} ${request.url}`;
		const input = text.startsWith("{") ? JSON.parse(text) : {};
		const call = { action, path: request.url ?? "", text, input, headers: request.headers };
		calls.push(call);
		server.emit("call");
		const reply = await program(call, calls.filter((other) => other.action === action).length);
		if (reply === "hangUp") response.destroy();
		else if (reply !== "silence") send(response, reply);
	};
	const server =
		certificate === undefined
			? createServer(answer)
			: createTlsServer(
					{
						cert: readFileSync(certificateFile(`${certificate}.pem`)),
						key: readFileSync(certificateFile("server.key")),
					},
					answer,
				);
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	return {
		url: `${certificate === undefined ? "http" : "https"}://127.0.0.1:${port}`,
		port,
		calls,
		async nextCall() {
			await once(server, "call");
		},
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			server.close();
			await once(server, "close");
		},
	};
}

function send(response: ServerResponse, { body = {}, headers = {}, status = 200 }: Answer): void {
	response.writeHead(status, { "Content-Type": "application/x-amz-json-1.1", ...headers });
	response.end(typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body));
}

/** An error as Secrets Manager words it; the message holds what no output may show. */
export function refusal(name: string, { status = 400, message = "sentinel-message" } = {}): Answer {
	return { status, body: { __type: name, message } };
}

/** Answers reads out of a table of names and texts, single and in batches, as AWS does. */
export function answerFrom(secrets: Readonly<Record<string, string>>): Program {
	return ({ action, input }) => {
		if (action === "BatchGetSecretValue")
			return { body: batchAnswer(input.SecretIdList as string[], secrets) };
		const text = secrets[input.SecretId as string];
		return text === undefined
			? refusal("ResourceNotFoundException")
			: { body: secret(input.SecretId as string, text) };
	};
}

export function batchAnswer(ids: readonly string[], secrets: Readonly<Record<string, string>>): object {
	const has = (id: string) => Object.hasOwn(secrets, id);
	return {
		SecretValues: ids.filter(has).map((id) => secret(id, secrets[id] as string)),
		Errors: ids
			.filter((id) => !has(id))
			.map((SecretId) => ({ SecretId, ErrorCode: "ResourceNotFoundException", Message: "sentinel-message" })),
	};
}

function secret(Name: string, SecretString: string): object {
	const ARN = `arn:aws:secretsmanager:us-east-1:123456789012:secret:${Name}-AbCdEf`;
	return { ARN, Name, SecretString, VersionId: "11111111-2222-3333-4444-555555555555" };
}

/** Passes every call on to a server and so counts what reaches it. */
export function forwardTo(url: string): Program {
	return async ({ headers, text }) => {
		const { "x-amz-target": target = "", authorization = "" } = headers as Record<string, string>;
		const response = await fetch(url, {
			method: "POST",
			headers: {
				"Content-Type": "application/x-amz-json-1.1",
				"X-Amz-Target": target,
				Authorization: authorization,
			},
			body: text,
		});
		return { status: response.status, body: await response.text() };
	};
}
