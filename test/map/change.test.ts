import { describe, expect, it } from "vitest";
import { readYaml } from "../../src/map/yaml.ts";
import { parseSecretMap } from "./with-schema.ts";

const OPTIONS = { file: "m.yaml", backends: ["vault", "aws", "env"], readRoot: readYaml };
const read = (text: string) => parseSecretMap(`${text}\nsecrets: {}\n`, OPTIONS);

describe("what follows a change", () => {
	it.each([
		["watch: true", { watch: 60_000 }],
		["watch: off", { watch: false }],
		["watch: 5m", { watch: 300_000 }],
		["on_change: restart", { onChange: { kind: "restart" } }],
		["on_change: ignore", { onChange: { kind: "ignore" } }],
		["on_change: exit", { onChange: { kind: "exit", status: 75 } }],
		["on_change: {exit: 0}", { onChange: { kind: "exit", status: 0 } }],
		["on_change: {signal: HUP}", { onChange: { kind: "signal", signal: 1 } }],
		[
			"on_change: {exec: [nginx, -s, reload]}",
			{ onChange: { kind: "exec", command: ["nginx", "-s", "reload"] } },
		],
		["on_absent: change", { onAbsent: "change" }],
		["stop_signal: QUIT", { stopSignal: 3 }],
		["stop_timeout: 90s", { stopTimeoutMs: 90_000 }],
		["settle: 2s", { settleMs: 2000 }],
		["splay: 5m", { splayMs: 300_000 }],
		["settle: 0, splay: 0s, probation: 0ms", { settleMs: 0, splayMs: 0, probationMs: 0 }],
		["probation: 15s", { probationMs: 15_000 }],
		["ready: {tcp: 'localhost:80', timeout: 3s}", { ready: { tcp: "localhost:80", timeoutMs: 3000 } }],
		["ready: {tcp: '[::1]:80'}", { ready: { tcp: "[::1]:80" } }],
		["ready: {http: 'http://localhost/ready'}", { ready: { http: "http://localhost/ready" } }],
		["ready: {exec: [pg_isready]}", { ready: { exec: ["pg_isready"] } }],
		["ready: {notify: true}", { ready: { notify: true } }],
		["reload_signal: HUP", { reloadSignal: 1 }],
	])("run: {%s}", (line, run) => {
		expect(read(`run: {${line}}`).run).toEqual(run);
	});

	it.each([
		"none",
		"unix:app.sock",
		"9464",
		"00080",
		"localhost:6",
		"127.0.0.1:65535",
		"255.249.199.9:60000",
		"[::1]:65529",
		"[fe80::1%eth0]:64999",
		"[::ffff:1.2.3.4]:0",
	])("run: {metrics: '%s'}", (metrics) => {
		expect(read(`run: {metrics: '${metrics}'}`).run).toEqual({ metrics });
	});

	it("keeps no signal that does not reach dsta-run", () => {
		expect(() => read("run: {reload_signal: KILL}")).toThrow(
			"run.reload_signal: KILL does not reach dsta-run",
		);
	});

	it("may differ for an entry", () => {
		const text = "secrets:\n  a/b: {env: B, on_change: {signal: HUP}, rotate: {every: 1d}}\n";
		const [entry] = parseSecretMap(text, OPTIONS).entries;
		expect(entry).toMatchObject({ onChange: { kind: "signal", signal: 1 }, rotate: { everyMs: 86_400_000 } });
	});
});

describe("how secrets are rotated", () => {
	it.each([
		["every: 90d", { everyMs: 90 * 86_400_000 }],
		["generate: 'hex:32'", { generate: "hex:32" }],
		["generate: {command: [new-key]}", { generate: { command: ["new-key"] } }],
		["restart: {command: [deploy]}", { restart: { command: ["deploy"] } }],
		[
			"restart: {wait_for: 'http://a', timeout: 1m}",
			{ restart: { waitFor: ["http://a"], timeoutMs: 60_000 } },
		],
		[
			"restart: {wait_for: ['a:9100', 'https://a:1/x', 'unix:/a']}",
			{ restart: { waitFor: ["a:9100", "https://a:1/x", "unix:/a"] } },
		],
		["verify: {command: [test]}", { verify: { command: ["test"] } }],
		["revoke: {command: [drop], after: 1h}", { revoke: { command: ["drop"], afterMs: 3_600_000 } }],
		["revoke: {command: [drop], after: 0}", { revoke: { command: ["drop"], afterMs: 0 } }],
	])("rotate: {%s}", (line, rotate) => {
		expect(read(`rotate: {${line}}`).rotate).toEqual(rotate);
	});
});

describe("where it is recorded what was done", () => {
	it.each([
		["/var/log/a", { file: "/var/log/a" }],
		["{file: a, max_size: 10M, keep: 5}", { file: "a", maxBytes: 10 * 2 ** 20, keep: 5 }],
	])("audit: %s", (value, audit) => {
		expect(read(`audit: ${value}`).audit).toEqual(audit);
	});
});
