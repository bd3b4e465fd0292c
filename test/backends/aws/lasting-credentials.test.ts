import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { failureOf, openBackend, request, SENTINELS, valuesOf } from "./backend.ts";
import { answerFrom, type FakeAws, refusal, startFakeAws } from "./fake-aws.ts";

const SECRETS = answerFrom({ "dsta/a/b": '{"c":"v"}' });
const keyIdOf = (aws: FakeAws) =>
	/Credential=(\w+)\//.exec(aws.calls.at(-1)?.headers.authorization ?? "")?.[1];

afterEach(() => vi.unstubAllEnvs());

/** A folder for the files of a profile, which the SDK finds by the environment of this process. */
function profileFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), "dsta-aws-lasting-"));
	vi.stubEnv("AWS_CONFIG_FILE", join(folder, "config"));
	vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(folder, "credentials"));
	vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
	writeFileSync(join(folder, "config"), "[default]\nregion = us-east-1\n");
	return folder;
}

const keys = (id: string) =>
	`[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${SENTINELS.secretKey}\n`;

// The SDK reads the environment of its process, which is another one there.
describe("Credentials of a run that goes on", () => {
	it("are asked of a credential_process again before they expire", async () => {
		const folder = profileFolder();
		const program = join(folder, "credentials.sh");
		// So short a life is over for the SDK, which wants five minutes more.
		const soon = new Date(Date.now() + 60_000).toISOString();
		writeFileSync(
			program,
			`#!/bin/sh\necho >> ${folder}/count\nprintf '{"Version":1,"AccessKeyId":"AKIA%s","SecretAccessKey":"${SENTINELS.secretKey}","Expiration":"${soon}"}' "$(wc -l < ${folder}/count | tr -d ' ')"\n`,
		);
		chmodSync(program, 0o700);
		writeFileSync(join(folder, "config"), `[default]\nregion = us-east-1\ncredential_process = ${program}\n`);
		await using aws = await startFakeAws(SECRETS);
		using backend = openBackend(aws.url, { env: { AWS_REGION: "us-east-1", AWS_ENDPOINT_URL: aws.url } });
		expect(await valuesOf(backend, "a/b/c")).toEqual(["v"]);
		const first = keyIdOf(aws);
		await vi.waitFor(async () => {
			expect(await valuesOf(backend, "a/b/c")).toEqual(["v"]);
			expect(keyIdOf(aws)).not.toBe(first);
		});
	});

	it("are read again from the files of a profile once they are refused", async () => {
		const folder = profileFolder();
		writeFileSync(join(folder, "credentials"), keys("AKIAOLD"));
		await using aws = await startFakeAws((call, count) =>
			/Credential=AKIAOLD\//.test(call.headers.authorization ?? "") && count > 1
				? refusal("ExpiredTokenException")
				: SECRETS(call, count),
		);
		using backend = openBackend(aws.url, { env: { AWS_REGION: "us-east-1", AWS_ENDPOINT_URL: aws.url } });
		const read = () => backend.read(request("a/b/c"), new AbortController().signal);
		expect((await read())?.value).toBe("v");
		expect((await failureOf(read())).code).toBe("DSTA_DENIED");
		writeFileSync(join(folder, "credentials"), keys("AKIANEW"));
		expect((await read())?.value).toBe("v");
		expect(keyIdOf(aws)).toBe("AKIANEW");
	});
});
