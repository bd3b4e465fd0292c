import type { ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { startHttp } from "../servers/http.ts";
import { openExample } from "./open-example.ts";
import { CAN_START, storeSecrets } from "./secrets.ts";

// A worker takes seconds to start and to end, most of them asleep.
describe.skipIf(!CAN_START)("the example for Celery", () => {
	it("sends what it is told to the webhook of its environment, and ends at TERM when that is done", async () => {
		const asked = Promise.withResolvers<{
			url: string | undefined;
			body: string;
			response: ServerResponse;
		}>();
		await using slack = await startHttp(async (request, response) => {
			asked.resolve({ url: request.url, body: await text(request), response });
		});
		const env = await storeSecrets("examples-celery", {
			notifications: { slack_webhook_url: `${slack.url}/sentinel-of-a-webhook` },
		});
		using example = openExample("celery");
		const { child, ended, said } = example.start("dsta-run -- celery", env);
		await Promise.race([said("ready."), ended]);
		expect(await example.start("celery -A tasks call").ended).toMatchObject({ status: 0 });
		const { body, response, url } = await asked.promise;
		expect({ url, body: JSON.parse(body) }).toEqual({
			url: "/sentinel-of-a-webhook",
			body: { text: "the night is over" },
		});
		child.kill("SIGTERM");
		await Promise.race([said("Warm shutdown"), ended]);
		response.end("ok");
		const { status, stdout } = await ended;
		expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining("succeeded") });
		expect(stdout).not.toContain("sentinel");
	}, 60_000);
});
