import { describe, expect, it } from "vitest";
import { folderWith, launch } from "../process/launch.ts";

const FOLDER = folderWith("a/b/c: A\n");
const policy = (...args: readonly string[]) => launch(FOLDER, ["policy", ...args]).ended;

describe("dsta-run policy", () => {
	it("prints the policies alone on standard output, and asks nobody", async () => {
		const kinds = ["vault", "iam", "terraform"];
		const ended = await Promise.all(kinds.map((kind) => policy(kind)));
		for (const { status, stderr } of ended) expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
		const [vault, iam, terraform] = ended.map(({ stdout }) => stdout) as [string, string, string];
		expect(vault).toContain('path "secret/data/a/b" {\n  capabilities = ["read"]\n}\n');
		expect(JSON.parse(iam).Statement[0].Resource).toContain(
			"arn:aws:secretsmanager:*:*:secret:dsta/a/b-??????",
		);
		for (const word of ["vault_policy", "aws_iam_policy"]) expect(terraform).toContain(`resource "${word}"`);
	});
});
