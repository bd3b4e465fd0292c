import { describe, expect, it } from "vitest";
import { decodeBytes, encodeText } from "../../src/launch/native/bytes.ts";

describe("bytes as text", () => {
	it.each([
		["ASCII", "plain", "plain"],
		["UTF-8", Buffer.from("é✓𝄞\ufffd").toString("latin1"), "é✓𝄞\ufffd"],
		["one byte that is no UTF-8", "caf\xe9", "caf\udce9"],
		["a replacement character beside such a byte", "\xef\xbf\xbd\xff", "\ufffd\udcff"],
		["a character cut short", "\xe2\x9c=\xe2\x9c\x93", "\udce2\udc9c=✓"],
		["overlong characters", "\xc0\xaf\xe0\x80\xaf", "\udcc0\udcaf\udce0\udc80\udcaf"],
		["a surrogate", "\xed\xb3\xbf", "\udced\udcb3\udcbf"],
		["more than Unicode has", "\xf4\x90\x80\x80", "\udcf4\udc90\udc80\udc80"],
		["all bytes", String.fromCharCode(...Array(256).keys()), undefined],
	])("come back as they were: %s", (_, latin1, text) => {
		const bytes = Buffer.from(latin1, "latin1");
		if (text !== undefined) expect(decodeBytes(bytes)).toBe(text);
		expect(encodeText(decodeBytes(bytes))).toEqual(bytes);
	});
});
