import { mkdtempSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { rotate } from "../../src/rotation/rotate.ts";
import { MemoryBackend } from "../../src/testing.ts";
import { jobOf, targetAt } from "./job.ts";

const PATH = "exchange/binance/api_key";

/** Instances that run, each of which tells of versions of its own. */
async function instance(answer: () => unknown, socket?: string): Promise<string> {
	const server: Server = createServer(({ url }, response) => {
		if (url !== "/versions") response.statusCode = 404;
		const body = answer();
		response.end(typeof body === "string" ? body : JSON.stringify(body));
	});
	onTestFinished(() => void server.close());
	await new Promise<void>((resolve) =>
		socket === undefined ? server.listen(0, "127.0.0.1", resolve) : server.listen(socket, resolve),
	);
	return socket === undefined
		? `http://127.0.0.1:${(server.address() as AddressInfo).port}`
		: `unix:${socket}`;
}

const told = (version: string, path = PATH) => ({
	secrets: [{ path, backend: "memory", version }],
	ready: true,
});
const backend = () => new MemoryBackend({ "exchange/binance": { api_key: "old" } });

describe("a restart that waits", () => {
	it("ends when all instances tell of the new version, over TCP and Unix sockets", async () => {
		const versions = ["1", "1"];
		const socket = join(mkdtempSync(join(tmpdir(), "dsta-run-instances-")), "versions.sock");
		const waitFor = [
			await instance(() => told(versions[0] as string)),
			await instance(() => told(versions[1] as string, "exchange/binance/*"), socket),
		];
		const progress: string[] = [];
		const job = jobOf({ restart: { waitFor } }, "new", {
			onProgress: (step, detail) => {
				if (step !== "restart" || detail === "") return;
				progress.push(detail);
				versions[progress.length - 1] = "2";
			},
		});
		const { steps } = await rotate(await targetAt(backend(), PATH), job);
		expect(progress).toEqual(["0 of 2 instances have version 2", "1 of 2 instances have version 2"]);
		expect(steps.find(({ step }) => step === "restart")).toMatchObject({
			outcome: "done",
			detail: "2 of 2 instances have version 2",
		});
	});

	it("takes a newer version as well, since a field beside it may have changed", async () => {
		const memory = backend();
		const waitFor = [await instance(() => told("3"))];
		const job = jobOf({ restart: { waitFor } }, "new", {
			onProgress: (step) => {
				if (step === "restart") memory.set("exchange/binance", { api_key: "new", other: "1" });
			},
		});
		const { steps } = await rotate(await targetAt(memory, PATH), job);
		expect(steps.find(({ step }) => step === "restart")).toMatchObject({ outcome: "done" });
	});

	it("names those that lag when its time is over, and why", async () => {
		const waitFor = [
			await instance(() => told("1")),
			await instance(() => told("2")),
			await instance(() => told("2", "another/secret/field")),
			await instance(() => "no JSON"),
			await instance(() => ({ other: true })),
			"http://127.0.0.1:1",
		];
		const job = jobOf({ restart: { waitFor, timeoutMs: 1 } }, "new");
		const failed = rotate(await targetAt(backend(), PATH), job);
		await expect(failed).rejects.toMatchObject({
			code: "DSTA_ROTATION",
			message: `${PATH}: restart: not all instances have taken version 2: ${[
				`${waitFor[0]} has version 1`,
				`${waitFor[2]} does not tell of it`,
				`${waitFor[3]} answers what is no JSON`,
				`${waitFor[4]} answers something else`,
				"http://127.0.0.1:1 does not answer: ECONNREFUSED",
			].join(", ")}`,
		});
	});
});
