import { SENTINEL } from "./harness.ts";

/** A value with all that needs quotes somewhere. */
export const LINES = "a\nb\r\n\tü € 😀 $HOME `x` \"q\" 'q' \\n #no";

/** One secret with all that a field can be; `long` and `fraction` are numbers that no double holds. */
export const FIRST = `{"text":"${SENTINEL}","empty":"","nothing":null,"number":5432,"long":12345678901234567890,
	"fraction":0.12345678901234567890123,"yes":true,"no":false,"lines":${JSON.stringify(LINES)},"spaces":"  x  ",
	"deep":{"a/b":"slash","a~b":"tilde","inner":["a",{"b":"c"}],"nothing":null},"odd key.with/slash":"odd",
	"0":"zero","ключ":"key","constructor":"own","__proto__":"own too","hasOwnProperty":"own as well"}`;

/** What every backend has once it holds FIRST and its neighbours; the value as JSON. */
export const FOUND: readonly (readonly [what: string, path: string, json: string])[] = [
	["a field", "first/text", `"${SENTINEL}"`],
	["a field after #", "first#text", `"${SENTINEL}"`],
	["an empty string", "first/empty", '""'],
	["a number", "first/number", "5432"],
	["a whole number beyond 2^53", "first/long", "12345678901234567890"],
	["a fraction longer than a double", "first/fraction", "0.12345678901234567890123"],
	["true", "first/yes", "true"],
	["false", "first/no", "false"],
	["line ends, quotes and what is not ASCII", "first/lines", JSON.stringify(LINES)],
	["spaces at the ends", "first/spaces", '"  x  "'],
	["what a JSON pointer names", "first#/deep/inner/1/b", '"c"'],
	["an element of an array", "first#/deep/inner/0", '"a"'],
	["a pointer with an escaped slash", "first#/deep/a~1b", '"slash"'],
	["a pointer with an escaped tilde", "first#/deep/a~0b", '"tilde"'],
	["an array as it is", "first#/deep/inner", '["a",{"b":"c"}]'],
	["a key of other characters", "first#odd key.with/slash", '"odd"'],
	["a key that is a number", "first/0", '"zero"'],
	["a key that is not ASCII", "first/ключ", '"key"'],
	["a field named constructor", "first/constructor", '"own"'],
	["a field named __proto__", "first/__proto__", '"own too"'],
	["a field named hasOwnProperty", "first#hasOwnProperty", '"own as well"'],
	["a field of a secret with odd names", "odd-seg.ment_1/a+b@c/key", '"odd place"'],
];

/** What no backend has then. */
export const ABSENT: readonly (readonly [what: string, path: string])[] = [
	["a field that is null", "first/nothing"],
	["a field that is null, by a pointer", "first#/deep/nothing"],
	["a field that is missing", "first/missing"],
	["a field that every object inherits", "first/toString"],
	["a field that every object inherits, after #", "first#valueOf"],
	["an element beyond the end", "first#/deep/inner/2"],
	["an element that is no number", "first#/deep/inner/-"],
	["what every array inherits", "first#/deep/inner/length"],
	["what every text inherits", "first#/text/length"],
	["what lies below a text", "first#/text/0"],
	["a field of a secret that is absent", "none/key"],
	["all fields of a secret that is absent", "none/*"],
	["a pointer into a secret that is absent", "none#/key"],
	["a secret that is absent", "_none"],
	["a field of a deleted secret", "deleted/key"],
	["all fields of a deleted secret", "deleted/*"],
];
