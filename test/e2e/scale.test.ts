import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { KEYS } from "../backends/aws/backend.ts";
import { batchAnswer, startFakeAws } from "../backends/aws/fake-aws.ts";
import { secretV2, startFakeVault } from "../backends/vault/fake-vault.ts";
import { folderWith, launch } from "../process/launch.ts";

const FIELDS = Array.from({ length: 10 }, (_, index) => `k${index}`);
const VALUES = Object.fromEntries(FIELDS.map((field) => [field, `value of ${field}`]));
const SECRETS = Array.from({ length: 500 }, (_, index) => `s${index}`);
const MAP = SECRETS.flatMap((secret) =>
	FIELDS.map((field) => `${secret}/${field}: ${secret}_${field}\n`),
).join("");

/** Runs a command with all variables; the memory is the most that dsta-run has had when the command began. */
async function runWith(env: NodeJS.ProcessEnv) {
	const report = join(mkdtempSync(join(tmpdir(), "dsta-run-scale-")), "status");
	const script = `cat /proc/$PPID/status > ${report}; env | grep -c '^s[0-9]*_k[0-9]=value of k[0-9]$'`;
	const { status, stderr, stdout } = await launch(folderWith(MAP), ["--", "sh", "-c", script], env).ended;
	expect({ status, stderr, stdout }).toEqual({
		status: 0,
		stderr: "",
		stdout: `${SECRETS.length * FIELDS.length}\n`,
	});
	return { peakMiB: Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync(report, "utf8"))?.[1]) / 1024 };
}

describe("5 000 variables of 500 secrets", () => {
	it("take 500 requests to Vault, over at most 32 connections, and little memory", async () => {
		await using vault = await startFakeVault(() => secretV2(VALUES));
		const { peakMiB } = await runWith({ VAULT_ADDR: vault.url, VAULT_TOKEN: "t" });
		expect(vault.calls).toHaveLength(SECRETS.length);
		expect(vault.connections.peak).toBeLessThanOrEqual(32);
		expect(peakMiB).toBeLessThan(250);
	});

	it("take 25 requests to AWS, and little memory", async () => {
		const stored = Object.fromEntries(SECRETS.map((secret) => [`dsta/${secret}`, JSON.stringify(VALUES)]));
		await using aws = await startFakeAws(({ input }) => ({
			body: batchAnswer(input.SecretIdList as string[], stored),
		}));
		const { peakMiB } = await runWith({ ...KEYS, AWS_ENDPOINT_URL: aws.url });
		expect(aws.calls.map(({ action }) => action)).toEqual(Array(25).fill("BatchGetSecretValue"));
		expect(peakMiB).toBeLessThan(300);
	});
});
