import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { runBeside } from "../beside.ts";
import type { Command } from "../command.ts";
import type { Own } from "../own.ts";

/** How a command shows that it is ready: by an answer of 2xx, by a port, by another command that ends with status 0, or by READY=1. */
export type Readiness = (
	| { readonly http: string }
	/** `HOST:PORT`. */
	| { readonly tcp: string }
	| { readonly exec: readonly [string, ...string[]] }
	| { readonly notify: true }
) & { readonly timeoutMs?: number };

/** Who is asked. */
export interface Candidate {
	readonly own: Own;
	readonly command: Command;
	/** Resolves when it has said so itself. */
	readonly saidReady: () => Promise<void>;
	/** Ends the asking. */
	readonly signal: AbortSignal;
}

/** Asks once: why it is not ready, without values, or `undefined` where it is. */
type Probe = (signal: AbortSignal) => Promise<string | undefined>;

const TIMEOUT_MS = 30_000;
const ATTEMPT_MS = 5000;
const PAUSE_MS = 200;

/** Waits until a command is ready: why it was not in time, without values, or `undefined` where it was. */
export async function awaitReady(readiness: Readiness, candidate: Candidate): Promise<string | undefined> {
	const { timeoutMs = TIMEOUT_MS } = readiness;
	const end = new AbortController();
	const abort = () => end.abort();
	candidate.signal.addEventListener("abort", abort);
	const timer = setTimeout(abort, timeoutMs);
	try {
		const reason = await askUntil(end.signal, probeOf(readiness, candidate));
		return reason && `it was not ready within ${timeoutMs / 1000} s (${reason})`;
	} finally {
		clearTimeout(timer);
		candidate.signal.removeEventListener("abort", abort);
		abort();
	}
}

async function askUntil(end: AbortSignal, probe: Probe): Promise<string | undefined> {
	let reason: string | undefined;
	do {
		const answer = await probe(end).catch(({ code, name }: NodeJS.ErrnoException) => code ?? name);
		if (answer === undefined) return undefined;
		// That it was cut off at the end says less than what the attempt before has said.
		if (!end.aborted) reason = answer;
		reason ??= answer;
		await pause(PAUSE_MS, undefined, { signal: end }).catch(() => undefined);
	} while (!end.aborted);
	return reason;
}

function probeOf(readiness: Readiness, candidate: Candidate): Probe {
	if ("http" in readiness) return (end) => askHttp(readiness.http, end);
	if ("tcp" in readiness) return (end) => askTcp(readiness.tcp, end);
	if ("exec" in readiness) return (end) => askCommand(readiness.exec, candidate, end);
	return (end) =>
		Promise.race([
			candidate.saidReady().then(() => undefined),
			new Promise<string>((resolve) =>
				end.addEventListener("abort", () => resolve("run.ready.notify: it did not say READY=1")),
			),
		]);
}

// As probes of orchestrators do: the certificate of a service is seldom for the address by which it is asked here, and nothing is told to it.
async function askHttp(url: string, end: AbortSignal): Promise<string | undefined> {
	const { request } = url.startsWith("https:") ? await import("node:https") : await import("node:http");
	return new Promise((resolve) => {
		const options = { agent: false, rejectUnauthorized: false, signal: end, timeout: ATTEMPT_MS };
		const asking = request(url, options, (response) => {
			const { statusCode = 0 } = response;
			response.destroy();
			const isReady = statusCode >= 200 && statusCode < 300;
			resolve(isReady ? undefined : `run.ready.http: it answered ${statusCode}`);
		});
		asking.on("timeout", () => {
			resolve("run.ready.http: no answer");
			asking.destroy();
		});
		asking.on("error", ({ code }: NodeJS.ErrnoException) =>
			resolve(`run.ready.http: ${end.aborted ? "no answer" : code}`),
		);
		asking.end();
	});
}

function askTcp(address: string, end: AbortSignal): Promise<string | undefined> {
	const place = address.lastIndexOf(":");
	const host = address.slice(0, place).replace(/^\[(.*)\]$/, "$1");
	return new Promise((resolve) => {
		const socket = connect({ host, port: Number(address.slice(place + 1)), signal: end });
		socket.setTimeout(ATTEMPT_MS, () => socket.destroy());
		socket.once("connect", () => {
			resolve(undefined);
			socket.destroy();
		});
		socket.on("error", ({ code }: NodeJS.ErrnoException) => {
			if (!end.aborted) resolve(`run.ready.tcp: ${code}`);
		});
		socket.once("close", () => resolve("run.ready.tcp: no answer"));
	});
}

// Asked again and again, it would fill a log with what it writes until it is content.
async function askCommand(
	words: readonly [string, ...string[]],
	{ command: { env }, own }: Candidate,
	end: AbortSignal,
): Promise<string | undefined> {
	const { code, exitCode, signal } = await runBeside(words, { own, env, output: "nowhere", signal: end });
	if (exitCode === 0) return undefined;
	if (end.aborted) return "run.ready.exec: it did not end";
	const reason =
		code ?? (signal === undefined ? `it ended with status ${exitCode}` : `it died of signal ${signal}`);
	return `run.ready.exec: ${reason}`;
}
