import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { describe, expect, it } from "vitest";
import type { Own } from "../../src/launch/own.ts";
import { awaitReady, type Readiness } from "../../src/launch/service/ready.ts";
import { freePort } from "../servers/start.ts";

const own = { process, inheritance: undefined, coreDumps: { whileInherited: (start) => start() } } as Own;
const command = { file: "", args: [], env: { PATH: process.env.PATH ?? "", VALUE: "s3ntinel" } };

function ask(readiness: Readiness, signal = new AbortController().signal): Promise<string | undefined> {
	const saidReady = () => new Promise<void>(() => undefined);
	return awaitReady({ timeoutMs: 1000, ...readiness }, { own, command, saidReady, signal });
}

describe("a command that is asked whether it is ready", () => {
	it("is so in time, or the last answer says why not", async () => {
		const http = createServer(({ url }, response) => {
			if (url === "/silent") return;
			response.writeHead(Number(url?.slice(1)), { location: "/200" }).end("s3ntinel");
		});
		const garbage = createTcpServer((socket) => socket.on("error", () => undefined).end("s3ntinel"));
		for (const server of [http, garbage])
			await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const portOf = (server: typeof garbage) => (server.address() as AddressInfo).port;
		const root = `http://127.0.0.1:${portOf(http)}`;
		const closed = await freePort();
		const sh = (script: string): Readiness => ({ exec: ["sh", "-c", script] });
		const cases: readonly [Readiness, string | undefined][] = [
			[{ http: `${root}/200` }, undefined],
			[{ http: `${root}/204` }, undefined],
			[{ http: `${root}/302` }, "run.ready.http: it answered 302"],
			[{ http: `${root}/503` }, "run.ready.http: it answered 503"],
			[{ http: `${root}/silent` }, "run.ready.http: no answer"],
			[{ http: `http://127.0.0.1:${portOf(garbage)}` }, "run.ready.http: HPE_INVALID_CONSTANT"],
			[{ http: `https://127.0.0.1:${portOf(garbage)}` }, expect.stringContaining("run.ready.http: E")],
			[{ http: `http://127.0.0.1:${closed}` }, "run.ready.http: ECONNREFUSED"],
			[{ http: "http://" }, "ERR_INVALID_URL"],
			[{ tcp: `127.0.0.1:${portOf(http)}` }, undefined],
			[{ tcp: `[::1]:${closed}` }, "run.ready.tcp: ECONNREFUSED"],
			[sh('[ "$VALUE" = s3ntinel ]'), undefined],
			[sh("exit 3"), "run.ready.exec: it ended with status 3"],
			[sh("sleep 1000 & wait"), "run.ready.exec: it did not end"],
			[{ exec: ["/none"] }, "run.ready.exec: ENOENT"],
			[{ notify: true }, "run.ready.notify: it did not say READY=1"],
		];
		const answers = await Promise.all(cases.map(([readiness]) => ask(readiness)));
		expect(answers).toEqual(
			cases.map(([, reason]) =>
				typeof reason === "string" ? `it was not ready within 1 s (${reason})` : (reason ?? undefined),
			),
		);
		http.closeAllConnections();
		for (const server of [http, garbage]) server.close();
	});

	it("is asked no more when the run is over", async () => {
		const end = new AbortController();
		const asking = ask({ exec: ["sleep", "1000"], timeoutMs: 2 ** 30 }, end.signal);
		end.abort();
		expect(await asking).toContain("run.ready.exec");
	});
});
