import bunManifest from "bun/package.json" with { type: "json" };
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { BUILD, folderWith, launch } from "../process/launch.ts";

const isStandalone = BUILD === "standalone";
const bun = bunManifest.version;

describe("the version", () => {
	it.each([[["version"]], [["--version"]], [["-q", "--version"]], [["check", "--version"]]])(
		"is printed by %j",
		async (args) => {
			expect(await launch(folderWith(""), args).ended).toEqual({
				status: 0,
				signal: null,
				stderr: "",
				stdout: `dsta-run ${manifest.version} (${isStandalone ? `standalone, bun ${bun}` : `node ${process.versions.node}`})\n`,
			});
		},
	);

	it("is JSON with --json", async () => {
		const { stdout } = await launch(folderWith(""), ["version", "--json"]).ended;
		expect(JSON.parse(stdout)).toEqual({
			version: manifest.version,
			...(isStandalone
				? { build: "standalone", runtime: "bun", runtimeVersion: bun }
				: { build: "npm", runtime: "node", runtimeVersion: process.versions.node }),
		});
	});
});
