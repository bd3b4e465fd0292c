import { describe, expect, it } from "vitest";
import { policy } from "../../src/cli/commands/policy.ts";
import { runHere } from "../cli/in-process.ts";
import { folderWith } from "../process/launch.ts";

describe("dsta-run policy", () => {
	it.each([
		[[], "dsta-run policy prints one of vault, iam and terraform"],
		[["aws"], "dsta-run policy prints one of vault, iam and terraform"],
		[["vault", "--account", "123456789012"], "--account is about AWS"],
		[["terraform", "--caller"], "--caller is for dsta-run policy iam alone"],
		[["iam", "--caller"], "The map takes on no role"],
		[["iam", "--account", "me"], '--account is "me", which is not the twelve digits'],
		[["iam", "--kms-key", "alias/mine"], '--kms-key "alias/mine" is no ARN of a key'],
		[["vault", "--name", "a b"], '--name is "a b", which is not up to 128'],
	])("refuses %j with status 64", async (args, words) => {
		const cwd = folderWith("a/b/c: A\n");
		const { status, stderr, stdout } = await runHere(policy, ["policy", ...args], { cwd });
		expect({ status, stdout }).toEqual({ status: 64, stdout: "" });
		expect(stderr).toContain(words);
	});
});
