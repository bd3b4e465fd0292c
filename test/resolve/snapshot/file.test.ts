import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
	appendFileSync,
	chmodSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
	truncateSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { describe, expect, it } from "vitest";
import { backendAt, failed, found, keep, open, type Place, placeWith, recall, SENTINEL } from "./opened.ts";

async function kept(): Promise<Place> {
	const place = placeWith();
	await keep(place);
	return place;
}

function replaceBy(make: (file: string) => void): (place: Place) => void {
	return ({ file }) => {
		rmSync(file);
		make(file);
	};
}

describe("the file of a snapshot is not used where", () => {
	it.each<[what: string, (place: Place) => void, RegExp]>([
		["it is missing", ({ file }) => rmSync(file), /there is none$/],
		["others may write it", ({ file }) => chmodSync(file, 0o602), /others may write it \(mode 0602\)/],
		["its group may write it", ({ file }) => chmodSync(file, 0o620), /others may write it \(mode 0620\)/],
		[
			"others may write in its folder",
			({ folder }) => chmodSync(folder, 0o777),
			/in its folder \(mode 0777\)/,
		],
		[
			"a group may write in its folder",
			({ folder }) => chmodSync(folder, 0o770),
			/in its folder \(mode 0770\)/,
		],
		[
			"it is a symbolic link",
			({ file }) => {
				renameSync(file, `${file}.real`);
				symlinkSync(`${file}.real`, file);
			},
			/it is a symbolic link/,
		],
		["it is a directory", replaceBy((file) => mkdirSync(file)), /it is no file/],
		["it is a FIFO", replaceBy((file) => execFileSync("mkfifo", [file])), /it is no file/],
		["it is empty", ({ file }) => truncateSync(file), /no such version of dsta-run has written it/],
		["it is something else", ({ file }) => writeFileSync(file, "{}"), /no such version of dsta-run/],
		[
			"another version has written it",
			({ file }) => writeFileSync(file, readFileSync(file, "latin1").replace(" 1\n", " 2\n"), "latin1"),
			/no such version of dsta-run/,
		],
		["it goes on", ({ file }) => appendFileSync(file, "x"), /another key, or was changed or cut short/],
		["it is too large", ({ file }) => truncateSync(file, 65 * 1024 * 1024), /it is too large/],
		[
			"it has another key",
			({ folder }) => writeFileSync(`${folder}/key`, randomBytes(32)),
			/another key, or was changed or cut short/,
		],
	])("%s: and the words say so", async (_what, spoil, reason) => {
		const place = await kept();
		spoil(place);
		const recalled = await recall(place);
		expect(recalled.found).toBeUndefined();
		expect(recalled.attempt).toMatchObject({ outcome: "failed", error: { code: "DSTA_UNAVAILABLE" } });
		expect(recalled.attempt.snapshot?.reason).toMatch(reason);
		expect(recalled.attempt.snapshot?.reason).toContain(`the snapshot ${place.file} is not used: `);
	});

	it("it belongs to another user", async () => {
		const { attempt } = await recall(await kept(), failed(), { user: 12_345 });
		expect(attempt.snapshot?.reason).toMatch(/belongs to another user \(uid \d+\)/);
	});

	it("any byte of it was changed, or any number of them cut off", async () => {
		const place = await kept();
		const whole = readFileSync(place.file);
		for (let index = 0; index < whole.length; index++) {
			const changed = Buffer.from(whole);
			changed[index] = (changed[index] as number) ^ 1;
			for (const bytes of [changed, whole.subarray(0, index)]) {
				writeFileSync(place.file, bytes);
				expect((await recall(place)).attempt.snapshot?.reason).toMatch(/is not used: /);
			}
		}
		writeFileSync(place.file, whole);
		expect((await recall(place)).found?.value).toBe(SENTINEL);
	});
});

describe("the file of a snapshot is used where", () => {
	it.each<[what: string, (place: Place) => void]>([
		["others may read it", ({ file }) => chmodSync(file, 0o644)],
		["its folder is that of temporary files", ({ folder }) => chmodSync(folder, 0o1777)],
	])("%s", async (_what, change) => {
		const place = await kept();
		change(place);
		expect((await recall(place)).found?.value).toBe(SENTINEL);
	});
});

describe("a snapshot that cannot be written is a warning, and leaves nothing behind, where", () => {
	it.each<[what: string, path: string, (place: Place) => void, RegExp]>([
		["two folders are missing", "a/b/s", () => undefined, /the folder above its own does not exist$/],
		["its folder is a file", "key/s", () => undefined, /cannot be written: ENOTDIR$/],
		["a folder has its name", "s", ({ folder }) => mkdirSync(`${folder}/s`), /cannot be written: EISDIR$/],
		["others may write in its folder", "s", ({ folder }) => chmodSync(folder, 0o777), /mode 0777/],
	])("%s", async (_what, path, spoil, words) => {
		const { folder, settings } = placeWith();
		const place = { folder, file: `${folder}/${path}`, settings: { ...settings, file: path } };
		spoil(place);
		const before = readdirSync(folder, { recursive: true });
		const { warnings } = await keep(place, [found()]);
		expect(warnings).toEqual([expect.stringMatching(words)]);
		expect(readdirSync(folder, { recursive: true })).toEqual(before);
	});

	it("a writer was killed, by the next one, or at once after a denial", async () => {
		const place = placeWith();
		const leave = (minutes: number) => {
			const left = `${place.file}.x1.unfinished`;
			writeFileSync(left, "sealed");
			utimesSync(left, new Date(), new Date(Date.now() - minutes * 60_000));
			return left;
		};
		const atWork = leave(0);
		await keep(place);
		expect(existsSync(atWork)).toBe(true);
		const left = leave(6);
		await keep(place);
		expect(existsSync(left)).toBe(false);
		leave(0);
		await (await open(place)).review(backendAt(), [failed("DSTA_DENIED")]);
		expect(readdirSync(place.folder)).toEqual(["key"]);
	});

	it("it cannot be deleted after a denial", async () => {
		const place = placeWith();
		mkdirSync(place.file);
		const snapshot = await open(place);
		await snapshot.review(backendAt(), [failed("DSTA_DENIED")]);
		expect(snapshot.warnings).toEqual([expect.stringMatching(/cannot be deleted: E/)]);
	});
});
