import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createEndpoints } from "../../src/observe/endpoints.ts";
import { renderPage, STYLE_HASH } from "../../src/observe/page.ts";
import { serve } from "../../src/observe/serve.ts";
import { follow } from "../process/launch.ts";
import { runState, secret } from "./state.ts";

const FACTS = { version: "1.2.3", build: "npm", runtime: "node 24.0.0" };
const NOW = 1_700_000_002_000;
const HAS_CHROMIUM = spawnSync("chromium", ["--version"]).status === 0;

describe("the page for people", () => {
	it("has a style that its policy allows, and nothing that it forbids", () => {
		const page = renderPage(FACTS, runState(), NOW);
		const [, style = ""] = /<style>([^<]*)<\/style>/.exec(page) ?? [];
		expect(`sha256-${createHash("sha256").update(style).digest("base64")}`).toBe(STYLE_HASH);
		expect(page).not.toMatch(/<script|<img|<link|<form|\bon\w+=|\bstyle=|https?:/);
	});

	it("is well-formed, each element closed by its own end", () => {
		const leases = [{ path: "database/creds/app", endsAt: NOW }];
		const page = renderPage(FACTS, runState({ leases, command: { phase: "waiting" } }), NOW);
		const open: string[] = [];
		for (const [, slash, name] of page.matchAll(/<(\/?)([a-z]\w*)[^>]*>/g)) {
			if (name === "meta") continue;
			if (slash === "") open.push(name as string);
			else expect(open.pop()).toBe(name);
		}
		expect(open).toEqual([]);
		expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
	});

	it("shows a path as it is, whatever is in it", () => {
		const page = renderPage(FACTS, runState({ secrets: [secret(`<b title="x">&'`)] }), NOW);
		expect(page).toContain("<td>&#60;b title=&#34;x&#34;&#62;&#38;&#39;</td>");
	});

	it("lists a thousand secrets, and says how many more there are", () => {
		const secrets = Array.from({ length: 1002 }, (_, index) => secret(`a/b/${index}`));
		const page = renderPage(FACTS, runState({ secrets }), NOW);
		expect(page.match(/<tr><td>/g)).toHaveLength(1000);
		expect(page).toContain("And 2 more.");
	});

	if (HAS_CHROMIUM)
		it("is shown by a browser, in its own style", async () => {
			const sources = {
				facts: FACTS,
				stateOf: async () => runState(),
				registry: new Promise<never>(() => undefined),
			};
			const serving = await serve({ kind: "tcp", host: "127.0.0.1", port: 0 }, createEndpoints(sources));
			const port = serving?.address.kind === "tcp" ? serving.address.port : 0;
			const args = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"];
			const browser = follow(spawn("chromium", [...args, `http://127.0.0.1:${port}/`]));
			const { stderr, stdout } = await browser.ended;
			serving?.close();
			expect(stdout).toContain("<td>a/b/c</td>");
			expect(stderr).not.toMatch(/Content Security Policy|Refused to/);
		});
});
