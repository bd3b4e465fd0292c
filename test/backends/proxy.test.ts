import { describe, expect, it } from "vitest";
import { findProxy } from "../../src/backends/proxy.ts";

const HTTPS_PROXY = "http://proxy.example.com:3128";
const isUsed = (url: string, NO_PROXY: string) =>
	findProxy(new URL(url), { HTTPS_PROXY, NO_PROXY }, "vault") !== undefined;

describe("A proxy of the environment", () => {
	it.each([
		["https://vault.example.com", "", true],
		["https://vault.example.com", "*", false],
		["https://vault.example.com", "vault.example.com", false],
		["https://VAULT.example.com.", " other.org,Vault.Example.COM", false],
		["https://vault.example.com", "other.org vault.example.com", false],
		["https://vault.example.com", "example.com", false],
		["https://example.com", "example.com", false],
		["https://notexample.com", "example.com", true],
		["https://vault.example.com", ".example.com", false],
		["https://example.com", ".example.com", true],
		["https://vault.example.com", "*.example.com", false],
		["https://vault.example.com:8200", "vault.example.com:8200", false],
		["https://vault.example.com:8200", "vault.example.com:443", true],
		["https://vault.example.com", "vault.example.com:443", false],
		["https://10.1.2.3", "10.1.2.3", false],
		["https://10.1.2.3", "10.1.2.4", true],
		["https://10.1.2.3:8200", "10.1.2.3:8200", false],
		["https://10.1.2.3", "10.0.0.0/8", false],
		["https://11.1.2.3", "10.0.0.0/8", true],
		["https://10.1.2.3", "10.0.0.0/33, 10.0.0.0/x, /8", true],
		["https://vault.example.com", "10.0.0.0/8", true],
		["https://[fd00::1]", "fd00::/8", false],
		["https://[fd00::1]", "fd00:0::1", false],
		["https://[fd00::1]:8200", "[fd00::1]:8200", false],
		["https://[fd00::1]:8200", "[fd00::1]:443", true],
		["https://[fe80::1]", "fd00::/8,10.0.0.0/8", true],
		["https://localhost:8200", "", false],
		["https://127.0.0.9:8200", "", false],
		["https://[::1]:8200", "", false],
		["https://localhost.example.com", "", true],
	])("for %s with NO_PROXY=%j is used: %j", (url, list, expected) => {
		expect(isUsed(url, list)).toBe(expected);
	});

	it("is none where none is named", () => {
		const env = { HTTP_PROXY: HTTPS_PROXY, ALL_PROXY: HTTPS_PROXY, HTTPS_PROXY: "" };
		expect(findProxy(new URL("https://vault.example.com"), env, "vault")).toBeUndefined();
	});
});
