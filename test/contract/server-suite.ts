import { expect, it } from "vitest";
import { startProxy, startSilence } from "../servers/wire.ts";
import {
	type AskedServer,
	actionsOf,
	ask,
	failureOf,
	type Harness,
	type Place,
	revisionOf,
} from "./harness.ts";
import { startReader } from "./start-reader.ts";

/** What holds of every backend that asks a server. */
export function describeServer(harness: Harness, server: AskedServer, { at, open, signal }: Place): void {
	const { backend: name } = harness;

	it("shares one request between the reads of one secret", async () => {
		await using proxy = await startProxy(server.address);
		using backend = await open(harness.context(proxy.address));
		// What is to be learnt about the server once has been learnt then.
		await backend.read(ask(at("all/a")), signal());
		const before = proxy.asked.length;
		const { signal: shared } = new AbortController();
		const paths = ["first/text", "first#number", "first/*", "first#/deep/inner/0"];
		const found = await Promise.all(paths.map((path) => backend.read(ask(at(path)), shared)));
		expect(found.map((one) => one?.value !== undefined)).toEqual([true, true, true, true]);
		expect(proxy.asked.length - before).toBe(1);
	});

	if (!harness.hidesChanges)
		it("tells of each write by another revision, in one request for a secret", async () => {
			await harness.store(at("revised"), '{"a":"1","b":"2"}');
			await using proxy = await startProxy(server.address);
			using backend = await open(harness.context(proxy.address));
			const revise = async () => {
				const { signal: shared } = new AbortController();
				const paths = ["revised#a", "revised#b", "revised/*"];
				return Promise.all(paths.map((path) => revisionOf(backend, at(path), shared)));
			};
			const first = await revise();
			const before = proxy.asked.length;
			expect(await revise()).toEqual(first);
			expect(proxy.asked.length - before).toBe(1);
			await harness.store(at("revised"), '{"a":"1","b":"3"}');
			const second = await revise();
			for (const [index, revision] of second.entries()) expect(revision).not.toEqual(first[index]);
			await harness.remove(at("revised"));
			expect(await revise()).toEqual(Array(3).fill({ kind: "absent" }));
		});

	it("asks nobody when it is made, where it looks, or what to do", async () => {
		await using proxy = await startProxy(server.address);
		using backend = await open(harness.context(proxy.address));
		backend.locations(ask(at("first/text")));
		backend.advice(ask(at("first/text")));
		expect(proxy.asked).toEqual([]);
	});

	it("lets go of its connections when it is closed", async () => {
		await using proxy = await startProxy(server.address);
		const backend = await open(harness.context(proxy.address));
		await backend.read(ask(at("first/text")), signal());
		backend.close();
		await proxy.untilDisconnected();
		expect(proxy.asked.length).toBeGreaterThan(0);
	});

	it("is denied where its credentials are refused", async () => {
		await using context = await server.refused();
		using backend = await open(context);
		for (const action of actionsOf(backend, at("first"), signal())) {
			// Who may not see whether a secret has changed may still read it.
			const acting = action();
			const answer = await acting.catch(() => undefined);
			if (answer !== undefined) {
				expect(answer).toEqual({ kind: "unknown" });
				continue;
			}
			const error = await failureOf(acting);
			expect(error).toMatchObject({ code: "DSTA_DENIED", failureClass: "denied", backend: name });
			expect(error.message).toMatch(/^Permission denied/);
		}
	});

	it("is unavailable where nobody listens", async () => {
		using backend = await open(harness.context("http://127.0.0.1:1"));
		for (const action of actionsOf(backend, at("first"), signal())) {
			const error = await failureOf(action());
			expect(error).toMatchObject({ code: "DSTA_UNAVAILABLE", failureClass: "unavailable", backend: name });
			expect(error.message).toMatch(/not available: Connection refused/);
		}
	});

	it("gives up a server that does not answer at the signal", async () => {
		await using silence = await startSilence();
		using backend = await open(harness.context(silence.address));
		for (const index of actionsOf(backend, at("first"), signal()).keys()) {
			const controller = new AbortController();
			const came = silence.nextRequest();
			const failing = failureOf(
				actionsOf(backend, at("first"), controller.signal)[index]?.() as Promise<unknown>,
			);
			await came;
			controller.abort();
			expect(await failing).toMatchObject({
				code: "DSTA_TIMEOUT",
				failureClass: "unavailable",
				backend: name,
			});
		}
	});

	it("lets the process end once it is closed, a read that was given up included", async () => {
		await using silence = await startSilence();
		const came = silence.nextRequest();
		const child = startReader(name, harness.context(silence.address), at("first/text"));
		await came;
		child.giveUp();
		expect(await child.ended).toEqual({ status: 0, output: "DSTA_TIMEOUT", errors: "" });
	});
}
