import { describe, expect, it } from "vitest";
import { DstaError } from "../../src/errors.ts";
import { encodeText } from "../../src/launch/native/bytes.ts";
import { toText, type ValueRules } from "../../src/resolve/validate.ts";
import { parseSecretPath } from "../../src/secret-path.ts";

const BINARY = Buffer.from([0, 255, 128, 10, 0xc3, 0xa9, 0xc3]);
const path = parseSecretPath("app/key");

function refusalOf(value: string, rules: Omit<ValueRules, "path">): DstaError {
	try {
		toText(value, { path, ...rules }, "KEY");
	} catch (error) {
		if (error instanceof DstaError) return error;
	}
	throw new Error("It was not refused");
}

describe("a value for a file", () => {
	it.each(["file", "fd"] as const)("may be any bytes where it is decoded: as %s", (as) => {
		const text = toText(BINARY.toString("hex"), { path, decode: "hex", as }, "KEY");
		expect(encodeText(text)).toEqual(BINARY);
	});

	it("is refused where it is not encoded as the map says", () => {
		expect(refusalOf("$", { decode: "base64", as: "file" }).message).toBe(
			"The value of app/key for KEY is not base64 (decode: base64)",
		);
	});

	it("is refused where it is no text and nothing says how it is encoded", () => {
		expect(refusalOf("\ud800", { as: "file" }).message).toBe(
			"The value of app/key for KEY is not valid Unicode",
		);
	});
});

describe("a value for a variable", () => {
	it("is refused with the backend that had it", () => {
		const { backend, message } = refusalOf("x", { type: "int", origin: "vault" });
		expect(message).toBe("The value of app/key at vault for KEY is not a whole number (type: int)");
		expect(backend).toBe("vault");
	});

	it("is refused where its bytes are no text, with the advice to make it a file", () => {
		const { cure, message } = refusalOf(BINARY.toString("base64"), { decode: "base64" });
		expect(message).toBe("The value of app/key for KEY is not base64 of UTF-8 text (decode: base64)");
		expect(cure).toContain("as: file");
	});
});
