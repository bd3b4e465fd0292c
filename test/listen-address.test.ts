import { expect, it } from "vitest";
import { isLoopback, parseListenAddress, showListenAddress } from "../src/listen-address.ts";

it.each<[text: string, shown: string, isLoopback: boolean]>([
	["9464", "http://127.0.0.1:9464", true],
	["0", "http://127.0.0.1:0", true],
	["127.0.0.1:9464", "http://127.0.0.1:9464", true],
	["localhost:65535", "http://localhost:65535", true],
	["0.0.0.0:9464", "http://0.0.0.0:9464", false],
	["10.1.2.3:9464", "http://10.1.2.3:9464", false],
	["[::1]:9464", "http://[::1]:9464", true],
	["[fe80::1%eth0]:9464", "http://[fe80::1%eth0]:9464", false],
	["[::]:9464", "http://[::]:9464", false],
	["unix:/run/dsta/app.sock", "unix:/run/dsta/app.sock", false],
	["unix:app.sock", "unix:app.sock", false],
])("%s is an address to listen at", (text, shown, loopback) => {
	const address = parseListenAddress(text);
	expect(address && [showListenAddress(address), isLoopback(address)]).toEqual([shown, loopback]);
});

it.each([
	...[
		"",
		"none",
		":9464",
		"9464/",
		"65536",
		"127.0.0.1",
		"127.0.0.1:",
		"1.2.3:80",
		"1.2.3.256:80",
		"01.2.3.4:80",
		"1.2.3.4.5:80",
		"example.com:80",
		"::1:80",
	],
	...[
		"[:::1]:80",
		"[::1\t]:80",
		"[::\n1%eth0]:80",
		"[::1%]:80",
		"[::1]",
		"[::1:80",
		"[1.2.3.4]:80",
		"http://127.0.0.1:80",
		"unix:",
		"unix:a\0b",
		`unix:/${"a".repeat(107)}`,
	],
])("%j is none", (text) => {
	expect(parseListenAddress(text)).toBeUndefined();
});
