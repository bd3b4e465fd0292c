import { spawn, spawnSync } from "node:child_process";
import {
	chmodSync,
	closeSync,
	existsSync,
	mkdtempSync,
	openSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { renderLine } from "../../src/observe/audit/chain.ts";
import { openAuditFile } from "../../src/observe/audit/file.ts";
import type { Who } from "../../src/observe/audit/record.ts";
import { listRotated } from "../../src/observe/audit/rotated.ts";
import { verifyAudit } from "../../src/observe/audit/verify.ts";
import { type AuditPlace, openAudit } from "../../src/observe/audit.ts";

const WHO: Who = {
	user: "deploy",
	uid: 1000,
	login_uid: undefined,
	sudo_user: undefined,
	host: "web-1",
	pid: 4711,
	dsta_run: "0.1.0",
	run: "",
};

// Where to sync takes no time, if there is such a place.
const PLACE = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const folder = mkdtempSync(join(PLACE, "dsta-run-audit-"));
afterAll(() => rmSync(folder, { recursive: true }));
const newFile = () => join(mkdtempSync(join(folder, "log-")), "audit.jsonl");

let runs = 0;

function open(place: AuditPlace) {
	const warnings: string[] = [];
	const run = `${++runs}`;
	return {
		...openAudit(place, { who: { ...WHO, run }, warn: (message) => warnings.push(message) }),
		warnings,
	};
}

/** A log of so many records, each in a write of its own. */
function logOf(count: number, file = newFile()): string {
	const audit = open({ file });
	for (let index = 1; index <= count; index++)
		audit.write([{ action: "inject", path: `a/b/${index}`, backend: "vault" }]);
	return file;
}

const linesOf = (file: string) => readFileSync(file, "utf8").split("\n").slice(0, -1);

function faultsOf(file: string): string[] {
	const files = [...listRotated(file).map((one) => one.file), file];
	return verifyAudit(files).faults.map(({ kind, line }) => `${line} ${kind}`);
}

describe("an audit log", () => {
	it("has a line for each record: who, when, what, and what it follows", () => {
		const [first, second] = linesOf(logOf(2)).map((line) => JSON.parse(line));
		const { login_uid: _, sudo_user: __, ...who } = WHO;
		expect(first).toEqual({
			...who,
			run: expect.any(String),
			time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
			action: "inject",
			path: "a/b/1",
			backend: "vault",
			begins: "log",
			prev: "",
			hash: expect.stringMatching(/^[0-9a-f]{64}$/),
		});
		expect(second).toMatchObject({ path: "a/b/2", prev: first.hash });
		expect(second).not.toHaveProperty("begins");
	});

	it("goes on where the process before it has ended", () => {
		const file = logOf(3, logOf(3));
		const { files, faults, head, begins } = verifyAudit([file]);
		expect({ files, faults, begins }).toMatchObject({ files: [{ records: 6 }], faults: [], begins: "log" });
		expect(head).toBe(JSON.parse(linesOf(file).at(-1) as string).hash);
	});
});

type Tamper = (lines: string[]) => string[];
const swap = (lines: string[], one: number, other: number) =>
	lines.with(one, lines[other] as string).with(other, lines[one] as string);
const changed = (line: string | undefined) => (line as string).replace('"vault"', '"aws"');

describe("verify finds", () => {
	it.each<[what: string, tamper: Tamper, faults: readonly string[]]>([
		["nothing where nothing was changed", (lines) => lines, []],
		[
			"a field that was changed in the first line",
			(lines) => lines.with(0, changed(lines[0])),
			["1 changed"],
		],
		["one in the middle", (lines) => lines.with(3, changed(lines[3])), ["4 changed"]],
		["one in the last line", (lines) => lines.with(6, changed(lines[6])), ["7 changed"]],
		[
			"two lines that were changed",
			(lines) => lines.with(2, changed(lines[2])).with(4, changed(lines[4])),
			["3 changed", "5 changed"],
		],
		["the first line gone", (lines) => lines.slice(1), ["1 beginning"]],
		["one in the middle gone", (lines) => lines.toSpliced(3, 1), ["4 removed"]],
		["three in the middle gone", (lines) => lines.toSpliced(2, 3), ["3 removed"]],
		[
			"two places where lines are gone",
			(lines) => lines.toSpliced(4, 1).toSpliced(2, 1),
			["3 removed", "4 removed"],
		],
		["the first two behind half a line", (lines) => ["{", ...lines.slice(2)], ["2 removed"]],
		["half a line that was put in", (lines) => lines.toSpliced(3, 0, "{"), ["6 inserted"]],
		["two lines that were swapped", (lines) => swap(lines, 2, 3), ["3 moved"]],
		["the last two that were swapped", (lines) => swap(lines, 5, 6), ["6 moved"]],
		["the first two that were swapped", (lines) => swap(lines, 0, 1), ["1 beginning", "2 removed"]],
		[
			"a line that was moved to the end",
			(lines) => [...lines.toSpliced(2, 1), lines[2] as string],
			["3 moved"],
		],
		["a line that stands twice", (lines) => lines.toSpliced(4, 0, lines[3] as string), ["5 twice"]],
		["the last one twice", (lines) => [...lines, lines[6] as string], ["8 twice"]],
		["an earlier one again", (lines) => lines.toSpliced(5, 0, lines[1] as string), ["6 twice"]],
		[
			"a line of another log",
			(lines) => lines.toSpliced(3, 0, linesOf(logOf(2))[1] as string),
			["4 removed"],
		],
		["what is no record", (lines) => lines.toSpliced(3, 0, '{"time":"2026-01-01"}'), ["4 foreign"]],
		[
			"a line that is cut in the middle",
			(lines) => lines.with(3, (lines[3] as string).slice(0, 50)),
			["5 removed"],
		],
		[
			"a line with something behind it",
			(lines) => lines.with(3, `${lines[3]}\r`),
			["4 foreign", "5 removed"],
		],
		["text that never was a log", () => ["root:x:0:0:/root:/bin/sh", ""], ["1 foreign"]],
		["all lines joined", (lines) => [lines.join("")], ["1 changed"]],
	])("%s", (_what, tamper, faults) => {
		const file = logOf(7);
		writeFileSync(
			file,
			tamper(linesOf(file))
				.map((line) => `${line}\n`)
				.join(""),
		);
		expect(faultsOf(file)).toEqual(faults);
		// What is written afterwards is in order.
		const before = linesOf(file).length;
		logOf(3, file);
		expect(faultsOf(file).filter((fault) => Number.parseInt(fault, 10) > before)).toEqual([]);
	});
});

describe("what a killed writer has begun", () => {
	it.each([
		["half a line", (text: string) => text.slice(0, -30)],
		["a line without its newline", (text: string) => text.slice(0, -1)],
		["zeros after a power loss", (text: string) => `${text}\0\0\0\0`],
	])("%s is told, and the chain goes on after it", (_what, cut) => {
		const file = logOf(3);
		writeFileSync(file, cut(readFileSync(file, "utf8")));
		logOf(2, file);
		const isWhole = _what.includes("newline");
		const at = _what.startsWith("half") ? 3 : 4;
		expect(verifyAudit([file])).toMatchObject({ faults: [], cut: isWhole ? [] : [{ file, line: at }] });
		const lines = linesOf(file);
		expect(lines).toHaveLength(isWhole ? 5 : at + 2);
		// It counts like any other line from then on.
		if (!isWhole) {
			writeFileSync(
				file,
				lines
					.toSpliced(at - 1, 1)
					.map((line) => `${line}\n`)
					.join(""),
			);
			expect(faultsOf(file)).toEqual([`${at} removed`]);
		}
	});
});

it("a log whose first line is only begun goes on all the same", () => {
	const file = newFile();
	writeFileSync(file, '{"time":"2026');
	logOf(2, file);
	expect(verifyAudit([file])).toMatchObject({ faults: [], cut: [{ line: 1 }], begins: undefined });
});

describe("the rotation of a log", () => {
	it("begins another file, which names the head of the one before, and removes the oldest", () => {
		const file = newFile();
		const audit = open({ file, maxBytes: 4096, keep: 2 });
		for (let index = 0; index < 50; index++) audit.write([{ action: "get", path: `a/${index}` }]);
		const rotated = listRotated(file);
		expect(rotated).toHaveLength(2);
		const [{ number = 0, file: oldest = "" } = {}, newest] = rotated;
		expect(number).toBeGreaterThan(1);
		for (const one of rotated) expect(one.size).toBeLessThanOrEqual(4096);
		const verdict = verifyAudit([...rotated.map((one) => one.file), file]);
		expect(verdict).toMatchObject({ faults: [], begins: `file after audit.jsonl.${number - 1}` });
		const first = JSON.parse(linesOf(file)[0] as string);
		expect(first.prev).toBe(JSON.parse(linesOf(newest?.file ?? "").at(-1) as string).hash);
		expect(statSync(file).mode & 0o777).toBe(0o600);
		expect(audit.warnings).toEqual([]);

		// What is cut off the end of a file shows in the next one, as does a file that is gone.
		writeFileSync(
			newest?.file ?? "",
			linesOf(newest?.file ?? "")
				.slice(0, -1)
				.map((line) => `${line}\n`)
				.join(""),
		);
		expect(faultsOf(file)).toEqual(["1 removed"]);
		rmSync(newest?.file ?? "");
		expect(verifyAudit([oldest, file]).faults).toMatchObject([{ file, line: 1, kind: "removed" }]);
	});

	it("leaves a rotation to whoever is at it, and takes it over when he was killed", () => {
		const file = newFile();
		const audit = open({ file, maxBytes: 4096 });
		const write = () => {
			for (let index = 0; index < 16; index++) audit.write([{ action: "get", path: `a/${index}` }]);
		};
		writeFileSync(`${file}.1`, "");
		write();
		expect(statSync(file).size).toBeGreaterThan(4096);
		utimesSync(`${file}.1`, 0, 0);
		write();
		expect(statSync(`${file}.2`).size).toBeGreaterThan(4096);
		expect(faultsOf(file)).toEqual([]);
	});

	it("takes a rotation over from whoever was killed at it before the clock was set back", () => {
		const file = logOf(3);
		writeFileSync(`${file}.1`, "");
		const later = Date.now() / 1000 + 3600;
		utimesSync(`${file}.1`, later, later);
		open({ file, maxBytes: 100 }).write([{ action: "end", status: 0 }]);
		expect(linesOf(file)).toHaveLength(1);
	});

	it("lets those in who were let in to the file before", () => {
		const file = logOf(1);
		chmodSync(file, 0o640);
		open({ file, maxBytes: 500 }).write([{ action: "get" }, { action: "get" }]);
		expect(statSync(`${file}.1`).mode & 0o777).toBe(0o640);
		expect(statSync(file).mode & 0o777).toBe(0o640);
	});
});

describe("a log that cannot be written", () => {
	const thrownBy = (file: string) => {
		try {
			open({ file }).write([{ action: "get" }]);
		} catch (error) {
			return error;
		}
		return undefined;
	};

	it("says why", () => {
		const folder = dirname(logOf(1));
		symlinkSync(join(folder, "audit.jsonl"), join(folder, "link"));
		spawnSync("mkfifo", [join(folder, "pipe")]);
		for (const [file, reason] of [
			[join(folder, "none", "a.jsonl"), `the folder ${join(folder, "none")} does not exist`],
			[join(folder, "audit.jsonl", "a"), `${join(folder, "audit.jsonl")} is no folder`],
			[folder, "it is a folder"],
			[join(folder, "link"), "it is a symbolic link"],
			[join(folder, "pipe"), "nobody reads this pipe"],
			["/dev/full", "no space is left"],
			["/dev/fd/999", "it is closed"],
		] as const)
			expect(thrownBy(file)).toMatchObject({
				code: "DSTA_OUTPUT",
				message: `the audit log ${file} cannot be written: ${reason}`,
			});
	});

	it("waits for nobody where the file has become a pipe", () => {
		const file = logOf(1);
		const audit = open({ file });
		renameSync(file, `${file}.old`);
		spawnSync("mkfifo", [file]);
		for (let count = 0; count < 200; count++) audit.note([{ action: "change", paths: ["x".repeat(1000)] }]);
		expect(audit.warnings).toEqual([expect.stringContaining("it is no file any more")]);
		rmSync(file);
		renameSync(`${file}.old`, file);
		audit.note([{ action: "end", status: 0 }]);
		expect(linesOf(file)).toHaveLength(202);
	});

	it("keeps what has happened already until it can be, and says so once", () => {
		const file = logOf(1);
		const audit = open({ file });
		renameSync(dirname(file), `${dirname(file)}-away`);
		audit.note([{ action: "change", paths: ["a/b/c"] }]);
		audit.note([{ action: "end", status: 0 }]);
		expect(audit.warnings).toEqual([expect.stringContaining("does not exist; up to 10000 records are kept")]);
		renameSync(`${dirname(file)}-away`, dirname(file));
		audit.note([{ action: "get", path: "a/b/c" }]);
		expect(audit.warnings.slice(1)).toEqual([expect.stringContaining("is written again")]);
		expect(linesOf(file).map((line) => JSON.parse(line).action)).toEqual(["inject", "change", "end", "get"]);
		expect(faultsOf(file)).toEqual([]);
	});
});

describe("a log of a pipe or a device", () => {
	it("has a chain for each process, one after another", () => {
		const file = newFile();
		const descriptor = openSync(file, "a");
		for (const count of [3, 2]) {
			const audit = open({ file: `/dev/fd/${descriptor}` });
			for (let index = 0; index < count; index++) audit.write([{ action: "get", path: `a/${index}` }]);
		}
		closeSync(descriptor);
		expect(verifyAudit([file])).toMatchObject({
			faults: [],
			chains: 2,
			begins: "stream",
			files: [{ records: 5 }],
		});
		writeFileSync(
			file,
			linesOf(file)
				.toSpliced(1, 1)
				.map((line) => `${line}\n`)
				.join(""),
		);
		expect(faultsOf(file)).toEqual(["2 removed"]);
	});
});

describe("the head of a log", () => {
	it("tells of a log that was cut at its end, or written anew", () => {
		const file = logOf(5);
		const { head } = verifyAudit([file]);
		expect(verifyAudit([file], head).expectedAt).toEqual({ file, line: 5 });
		logOf(3, file);
		expect(verifyAudit([file], head).expectedAt).toEqual({ file, line: 5 });
		writeFileSync(
			file,
			linesOf(file)
				.slice(0, 4)
				.map((line) => `${line}\n`)
				.join(""),
		);
		expect(verifyAudit([file], head)).toMatchObject({ faults: [], expectedAt: undefined });
	});
});

describe("a writer that was overtaken", () => {
	/** Writes a line that names what stood there before `meanwhile`. */
	function writeLate(file: string, meanwhile: () => void): void {
		const record = { time: new Date().toISOString(), action: "put" as const, path: "late" };
		openAuditFile(file, { maxBytes: 1e6, keep: 5, onStuck: () => undefined }).append(
			[record],
			(one, start) => {
				meanwhile();
				return renderLine(one, WHO, start);
			},
		);
	}

	it("leaves the order whole, and what others have written meanwhile is as safe as the rest", () => {
		const file = logOf(3);
		writeLate(file, () => logOf(2, file));
		logOf(2, file);
		const lines = linesOf(file);
		const hashes = lines.map((line) => JSON.parse(line));
		expect(hashes[5].prev).toBe(hashes[2].hash);
		expect(faultsOf(file)).toEqual([]);
		for (const index of [2, 3, 4, 5]) {
			writeFileSync(
				file,
				lines
					.toSpliced(index, 1)
					.map((line) => `${line}\n`)
					.join(""),
			);
			expect(faultsOf(file)).not.toEqual([]);
		}
		writeFileSync(
			file,
			swap(lines, 4, 5)
				.map((line) => `${line}\n`)
				.join(""),
		);
		expect(faultsOf(file)).not.toEqual([]);
	});

	it("may be so late that the file was rotated", () => {
		const file = logOf(3);
		writeLate(file, () => open({ file, maxBytes: 500 }).write([{ action: "get" }, { action: "get" }]));
		expect(JSON.parse(linesOf(`${file}.1`).at(-1) as string).path).toBe("late");
		logOf(2, file);
		expect(faultsOf(file)).toEqual([]);
	});
});

describe("a log of several processes", () => {
	it("is whole when eight write and rotate at once", async () => {
		const file = newFile();
		const script = new URL("audit-child.ts", import.meta.url).pathname;
		const children = Array.from({ length: 8 }, (_, index) => {
			const child = spawn(process.execPath, [script, file, "16384", "50", `p${index}`]);
			let stderr = "";
			child.stderr.on("data", (chunk) => (stderr += chunk));
			const ready = new Promise((resolve) => child.stdout.once("data", resolve));
			const ended = new Promise((resolve) => child.once("close", (status) => resolve({ status, stderr })));
			return { child, ready, ended };
		});
		await Promise.all(children.map(({ ready }) => ready));
		for (const { child } of children) child.stdin.end();
		for (const { ended } of children) expect(await ended).toEqual({ status: 0, stderr: "" });

		const rotated = listRotated(file).map((one) => one.file);
		expect(rotated.length).toBeGreaterThan(5);
		const verdict = verifyAudit([...rotated, file]);
		expect(verdict).toMatchObject({ faults: [], cut: [], chains: 1, begins: "log" });
		const paths = [...rotated, file].flatMap(linesOf).map((line) => JSON.parse(line).path);
		expect(paths).toHaveLength(400);
		expect(new Set(paths).size).toBe(400);
		// Those of each are in order.
		for (let index = 0; index < 8; index++) {
			const own = paths.filter((path) => path.startsWith(`p${index}/`));
			expect(own).toEqual(own.map((_, number) => `p${index}/${number}`));
		}
	});
});
