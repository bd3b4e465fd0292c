/* Stands in for Vault and AWS Secrets Manager, and takes 5 ms for each answer; in a process of its own, so that it costs the launcher nothing. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const LATENCY_MS = 5;
const FIELDS = Object.fromEntries(
	Array.from({ length: 10 }, (_, index) => [`key_${index}`, `value-${index}`]),
);

let requests = 0;

const server = createServer(async (request, response) => {
	// How many requests there were since the last time that somebody asked.
	if (request.url === "/requests")
		return reply(response, { requests: requests.toString() }, () => (requests = 0));
	requests++;
	const body = await read(request);
	const answer = request.method === "POST" ? answerOfAws(JSON.parse(body)) : answerOfVault();
	setTimeout(reply, LATENCY_MS, response, answer);
});
// The bench asks rarely.
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", () => {
	const { port } = server.address() as AddressInfo;
	process.stdout.write(`http://127.0.0.1:${port}\n`);
});

function answerOfVault(): object {
	return { data: { data: FIELDS, metadata: { version: 1 } } };
}

function answerOfAws({ SecretIdList = [] }: { readonly SecretIdList?: readonly string[] }): object {
	const SecretValues = SecretIdList.map((Name) => ({ Name, SecretString: JSON.stringify(FIELDS) }));
	return { SecretValues, Errors: [] };
}

async function read(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks).toString();
}

function reply(response: ServerResponse, answer: object, done?: () => void): void {
	response.setHeader("Content-Type", "application/json");
	response.end(JSON.stringify(answer), done);
}
