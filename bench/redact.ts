/*
 * How fast redaction is: `node bench/redact.ts`, or `bun bench/redact.ts` for the runtime of the standalone executable.
 * 100 secrets of 40 characters in all their forms, chunks of 64 KiB; the best of five passes, in time of the processor.
 */
import { randomBytes } from "node:crypto";
import { createRedactor } from "../src/observe/redact.ts";

const SECRETS = Array.from({ length: 100 }, (_, index) => ({
	name: `SECRET_${index}`,
	value: Buffer.from(randomBytes(30).toString("base64")),
}));
const MIB = 2 ** 20;
const CHUNK = 64 * 1024;

const line = (index: number) =>
	`{"time":"2026-01-01T00:00:00.${index % 1000}Z","level":"info","message":"request ${index} took 12 ms","path":"/api/v1/items/${index * 7919}"}\n`;
const logs = Buffer.from(Array.from({ length: 100_000 }, (_, index) => line(index)).join(""));
const withSecrets = Buffer.from(
	Array.from({ length: 100_000 }, (_, index) =>
		index % 100 === 0 ? `token ${SECRETS[(index / 100) % 100]?.value}\n` : line(index),
	).join(""),
);

const TEXTS = {
	"lines of a log": logs,
	"one line in a hundred a secret": withSecrets,
	"base64 of noise": Buffer.from(randomBytes(9 * MIB).toString("base64")),
	"bytes of noise": randomBytes(12 * MIB),
	"one letter": Buffer.alloc(12 * MIB, "a"),
} as const;

const begun = process.cpuUsage();
const redactor = createRedactor();
redactor.learn(SECRETS);
console.log(`${"learning the secrets".padEnd(34)}${(process.cpuUsage(begun).user / 1000).toFixed(0)} ms`);
for (const [name, text] of Object.entries(TEXTS)) {
	const rates = Array.from({ length: 5 }, () => text.length / MIB / secondsFor(text));
	console.log(`${name.padEnd(34)}${Math.max(...rates).toFixed(0)} MiB/s`);
}
console.log(`${"memory of the process".padEnd(34)}${(process.memoryUsage.rss() / MIB).toFixed(0)} MiB`);

function secondsFor(text: Buffer): number {
	const start = process.cpuUsage();
	const stream = redactor.open();
	for (let at = 0; at < text.length; at += CHUNK) stream.push(text.subarray(at, at + CHUNK));
	stream.flush();
	const { system, user } = process.cpuUsage(start);
	return (user + system) / 1e6;
}
