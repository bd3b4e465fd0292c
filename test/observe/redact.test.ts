import { describe, expect, it } from "vitest";
import { createRedactor } from "../../src/observe/redact.ts";

const AWKWARD = `it's "50%" & <a/b> \\ +ü~\t$x`;
const SECRETS: Readonly<Record<string, string>> = {
	PLAIN: "correct-horse/battery+staple",
	AWKWARD,
	LINES: "first line of it\r\n  second line\nthird",
	KEY: `-----BEGIN PRIVATE KEY-----\n${"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC".repeat(2)}\nx8Yq\n-----END PRIVATE KEY-----\n`,
	QUOTED: "it's a,b~c#d {x}",
	LONG: "0123456789abcdef".repeat(9),
	PADDED: " of-one line\t",
};
const plain = (name: string) => SECRETS[name] as string;
const bytesOf = (name: string) => Buffer.from(plain(name));
const inBase64 = (before: string, name: string, after: string) =>
	Buffer.from(before + plain(name) + after).toString("base64");
const linesOf = (text: string, width: number) =>
	(text.match(new RegExp(`.{1,${width}}`, "g")) ?? []).join("\n");

/** What is written, and what is left of it: `#` stands for the replacement. */
const FORMS: readonly (readonly [form: string, name: string, text: string, left?: string])[] = [
	["as it is", "PLAIN", plain("PLAIN")],
	["base64", "PLAIN", bytesOf("PLAIN").toString("base64")],
	["base64 for URLs, without padding", "AWKWARD", bytesOf("AWKWARD").toString("base64url")],
	["base64 behind one byte", "PLAIN", inBase64("x", "PLAIN", ""), "eG#"],
	["base64 behind a user name", "AWKWARD", inBase64("me:", "AWKWARD", ""), "bWU6#"],
	["base64 amid others", "PLAIN", inBase64("ab", "PLAIN", "yz"), "YWJ#eXo="],
	["base64 with a newline", "AWKWARD", inBase64("", "AWKWARD", "\n")],
	["base64 in lines", "LONG", linesOf(bytesOf("LONG").toString("base64"), 76), "#\n#\n#"],
	["base64 with a newline in lines", "LONG", linesOf(inBase64("", "LONG", "\n"), 76), "#\n#\n#"],
	["hex", "AWKWARD", bytesOf("AWKWARD").toString("hex")],
	["hex in upper case", "AWKWARD", bytesOf("AWKWARD").toString("hex").toUpperCase()],
	["a part of a URL", "AWKWARD", encodeURIComponent(AWKWARD)],
	["a part of a URL in lower case", "PLAIN", "correct-horse%2fbattery%2bstaple"],
	["a part of a URL by RFC 3986", "AWKWARD", encodeURIComponent(AWKWARD).replaceAll("'", "%27")],
	["a path of a URL", "PLAIN", "correct-horse/battery%2Bstaple"],
	["a form", "AWKWARD", new URLSearchParams({ a: AWKWARD }).toString().slice(2)],
	["JSON", "AWKWARD", JSON.stringify(AWKWARD).slice(1, -1)],
	["JSON with escaped slashes", "PLAIN", plain("PLAIN").replace("/", "\\/")],
	["JSON in ASCII", "AWKWARD", JSON.stringify(AWKWARD).slice(1, -1).replace("ü", "\\u00fc")],
	[
		"JSON for HTML",
		"AWKWARD",
		JSON.stringify(AWKWARD)
			.slice(1, -1)
			.replace(/[<>&]/g, (mark) => `\\u00${mark.charCodeAt(0).toString(16)}`),
	],
	["JSON of several lines", "LINES", "first line of it\\r\\n  second line\\nthird"],
	["quotes of a shell", "AWKWARD", AWKWARD.replace("'", "'\\''")],
	["quotes in quotes of a shell", "AWKWARD", AWKWARD.replace("'", `'"'"'`)],
	["double quotes of a shell", "AWKWARD", AWKWARD.replace(/["$\\]/g, "\\$&")],
	["printf %q", "QUOTED", "it\\'s\\ a\\,b~c#d\\ \\{x\\}"],
	["printf %q with a control character", "AWKWARD", AWKWARD.replace(/[\\']/g, "\\$&").replace("\t", "\\t")],
	["without the space around it", "PADDED", "of-one line"],
	["base64 without the space around it", "PADDED", Buffer.from("of-one line").toString("base64")],
	["all of its lines", "LINES", plain("LINES")],
	["one of its lines", "LINES", "> second line <", "> # <"],
	["the lines of a key", "KEY", `a\n${plain("KEY").split("\n").slice(1, 3).join("\n")}\nb`, "a\n#\n#\nb"],
];

function redactorFor(secrets = SECRETS) {
	const redactor = createRedactor();
	redactor.learn(Object.entries(secrets).map(([name, value]) => ({ name, value: Buffer.from(value) })));
	return redactor;
}

function pushAll(redactor: ReturnType<typeof redactorFor>, chunks: readonly Buffer[]): Buffer {
	const stream = redactor.open();
	return Buffer.concat([...chunks.map(stream.push), stream.flush()]);
}

/** A text cut at every place, and into single bytes. */
function cuts(text: Buffer): readonly (readonly Buffer[])[] {
	const once = Array.from({ length: text.length + 1 }, (_, at) => [text.subarray(0, at), text.subarray(at)]);
	return [...once, Array.from(text, (byte) => Buffer.from([byte]))];
}

describe("a secret is replaced", () => {
	const redactor = redactorFor();

	it.each(FORMS)("in the form of %s, wherever it is cut", (_, name, text, left = "#") => {
		const written = Buffer.from(`(${text}) and ${text}`);
		const one = left.replaceAll("#", `[redacted:${name}]`);
		for (const chunks of cuts(written))
			expect(pushAll(redactor, chunks).toString()).toBe(`(${one}) and ${one}`);
	});

	it("together with others that it overlaps, by the name of the first", () => {
		const overlapping = redactorFor({
			Z: "abcd",
			A: "abcdef",
			B: "cdefghij",
			C: "efgh",
			D: "aaaa",
			E: "hijk-long",
		});
		for (const [text, left] of [
			["-abcdefghij-", "-[redacted:A]-"],
			["abcdefgh", "[redacted:A]"],
			["abcdefg", "[redacted:A]g"],
			["xefghij", "x[redacted:C]ij"],
			["abcdefghijk-lonG", "[redacted:A]k-lonG"],
			["abcdefghijk-long", "[redacted:A]"],
			["aaaaaaaaaab", "[redacted:D]b"],
			["efghefgh", "[redacted:C][redacted:C]"],
		])
			for (const chunks of cuts(Buffer.from(text as string)))
				expect(pushAll(overlapping, chunks).toString()).toBe(left);
	});

	it("as a search by brute force replaces it, in random texts of few letters", () => {
		const random = randomNumbers(7);
		const letters = (length: number) => Array.from({ length }, () => "abé"[random(3)]).join("");
		for (let round = 0; round < 150; round++) {
			const values = Array.from({ length: 4 }, () => letters(4 + random(4)));
			const found = redactorFor(Object.fromEntries(values.map((value) => [value, value])));
			const text = Buffer.from(letters(60));
			const chunks: Buffer[] = [];
			for (let at = 0, end = 0; at < text.length; at = end) {
				end = at + 1 + random(9);
				chunks.push(text.subarray(at, end));
			}
			const shown = pushAll(found, chunks).toString();
			expect(shown.replaceAll(/\[redacted:[abé]+]/g, "#")).toBe(bruteForce(text, values));
		}
	});

	it("not when it has fewer than four characters, and its name is told", () => {
		const redactor = createRedactor();
		const secrets = [
			{ name: "SHORT", value: Buffer.from("äöü") },
			{ name: "RIGHT", value: Buffer.from("abcd") },
		];
		expect(redactor.learn(secrets)).toEqual(["SHORT"]);
		expect(pushAll(redactor, [Buffer.from("äöü abcd")]).toString()).toBe("äöü [redacted:RIGHT]");
	});

	it("in a stream that is open already when it is learned, and so is the one before", () => {
		const redactor = redactorFor({ OLD: "old-password" });
		const stream = redactor.open();
		const text = (chunk: Buffer) => chunk.toString();
		expect(text(stream.push(Buffer.from("a old-pass")))).toBe("a ");
		redactor.learn([{ name: "NEW", value: Buffer.from("pass-two") }]);
		expect(text(stream.push(Buffer.from("-two old-password.")))).toBe("old-[redacted:NEW] [redacted:OLD].");
	});
});

describe("what is no secret", () => {
	it("comes through byte for byte", () => {
		const random = randomNumbers(3);
		const bytes = Buffer.from(Array.from({ length: 100_000 }, () => random(256)));
		const stream = redactorFor().open();
		const parts: Buffer[] = [];
		for (let at = 0; at < bytes.length; at += 999) parts.push(stream.push(bytes.subarray(at, at + 999)));
		expect(Buffer.concat([...parts, stream.flush()]).equals(bytes)).toBe(true);
	});

	it("is held back only for as long as it may be the beginning of a secret", () => {
		const stream = redactorFor({ A: "secret-value", B: " for" }).open();
		const pushed = (text: string) => stream.push(Buffer.from(text)).toString();
		expect(pushed("Password: ")).toBe("Password:");
		expect(stream.settle().toString()).toBe(" ");
		expect(pushed("it is secre")).toBe("it is ");
		// Four bytes and more of it stay here for however long nothing comes.
		expect(stream.settle().toString()).toBe("");
		expect(pushed("t-valid s")).toBe("secret-valid ");
		expect(stream.settle().toString()).toBe("s");
		expect(pushed("ecret-value!")).toBe("[redacted:A]!");
	});
});

function bruteForce(text: Buffer, values: readonly string[]): string {
	const stretches: { start: number; end: number }[] = [];
	for (let start = 0; start < text.length; start++)
		for (const value of values.map((value) => Buffer.from(value)))
			if (text.subarray(start, start + value.length).equals(value)) {
				const last = stretches.at(-1);
				if (last !== undefined && start < last.end) last.end = Math.max(last.end, start + value.length);
				else stretches.push({ start, end: start + value.length });
			}
	let given = 0;
	const parts = stretches.map(({ end, start }) => {
		const part = `${text.subarray(given, start)}#`;
		given = end;
		return part;
	});
	return parts.join("") + text.subarray(given).toString();
}

/** Numbers below a limit that look random and are the same each time. */
function randomNumbers(seed: number): (limit: number) => number {
	let state = seed;
	return (limit) => {
		state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
		return (state >>> 8) % limit;
	};
}
