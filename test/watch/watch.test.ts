import { expect, it } from "vitest";
import { type Reason, startWatch, type Watch, type WatchSettings } from "../../src/watch/watch.ts";

interface Stage {
	readonly watch: Watch;
	/** What was waited for and done, in this order. */
	readonly log: string[];
	/** Lets the wait that is under way end by its time, and resolves when the watch waits again. */
	next(): Promise<void>;
	/** Resolves when the watch waits again. */
	waits(): Promise<void>;
	stop(): void;
}

interface Play {
	readonly settings?: Partial<WatchSettings>;
	/** What each look finds, in their order; later ones nothing. */
	readonly changes?: readonly boolean[];
	readonly random?: number;
	readonly renew?: (reason: Reason, watch: () => Watch) => Promise<boolean | undefined>;
}

/** A watch whose time passes when it is told to. */
function play({ changes = [], random = 0.5, renew, settings = {} }: Play): Stage {
	const log: string[] = [];
	const left = [...changes];
	const over = new AbortController();
	let endWait = () => {};
	let isWaiting = Promise.withResolvers<void>();
	const watch = startWatch({
		settings: () => ({ intervalMs: 60_000, settleMs: 2000, splayMs: 0, ...settings }),
		async look() {
			log.push("look");
			return left.shift() ?? false;
		},
		async renew(reason) {
			log.push(`renew for ${reason}`);
			return (await renew?.(reason, () => watch)) ?? true;
		},
		random: () => random,
		pause: (ms, signal) =>
			new Promise((resolve) => {
				log.push(`wait ${ms}`);
				endWait = resolve;
				signal.addEventListener("abort", () => resolve());
				isWaiting.resolve();
			}),
		signal: over.signal,
	});
	const waits = async () => {
		await isWaiting.promise;
		isWaiting = Promise.withResolvers();
	};
	return {
		watch,
		log,
		waits,
		async next() {
			endWait();
			await waits();
		},
		stop: () => over.abort(),
	};
}

it("looks at each interval, and resolves anew when a change has settled", async () => {
	const { log, next, waits } = play({ changes: [false, true] });
	await waits();
	for (let step = 0; step < 4; step++) await next();
	expect(log).toEqual([
		"wait 30000",
		"look",
		"wait 60000",
		"look",
		"wait 0",
		"wait 2000",
		"renew for change",
		"wait 60000",
	]);
});

it.each<[random: number, expected: readonly string[]]>([
	[0, ["wait 0", "wait 54000", "wait 0"]],
	[0.75, ["wait 45000", "wait 63000", "wait 225000"]],
])("spreads a fleet: of chance %d come %j, for two looks and what follows", async (random, expected) => {
	const { log, next, waits } = play({ random, changes: [false, true], settings: { splayMs: 300_000 } });
	await waits();
	await next();
	await next();
	expect(log.filter((line) => line !== "look")).toEqual(expected);
});

it.each<[reason: "lease" | "reload", after: readonly string[]]>([
	["reload", ["renew for reload", "wait 60000"]],
	["lease", ["wait 2000", "renew for lease", "wait 60000"]],
])("does not wait for the next look, nor for its share, for a %s", async (reason, after) => {
	const { log, next, waits, watch } = play({ settings: { splayMs: 300_000 } });
	await waits();
	watch.wake(reason);
	await waits();
	if (reason === "lease") await next();
	expect(log).toEqual(["wait 30000", ...after]);
});

it("cuts the wait for a change short for a reload, which does both", async () => {
	const { log, next, waits, watch } = play({ changes: [true] });
	await waits();
	await next();
	await next();
	watch.wake("reload");
	await waits();
	expect(log.slice(1)).toEqual(["look", "wait 0", "wait 2000", "renew for reload", "wait 60000"]);
});

it("begins one more round after the one that is under way, however much has come meanwhile", async () => {
	const { log, waits, watch } = play({
		async renew(_reason, watch) {
			if (log.filter((line) => line.startsWith("renew")).length > 1) return;
			for (const reason of ["reload", "lease", "reload"] as const) watch().wake(reason);
		},
	});
	await waits();
	watch.wake("reload");
	await waits();
	expect(log).toEqual(["wait 30000", "renew for reload", "renew for reload", "wait 60000"]);
});

it("tries again, ever more seldom, until what ends with a lease is replaced, whatever the interval", async () => {
	const answers = [false, false, true];
	const { log, next, waits, watch } = play({
		settings: { intervalMs: undefined, settleMs: 0 },
		renew: async () => answers.shift() ?? true,
	});
	await waits();
	watch.wake("lease");
	await waits();
	for (let step = 0; step < 5; step++) await next();
	expect(log.filter((line) => line !== "wait 0")).toEqual([
		"wait 2147483647",
		"renew for lease",
		"wait 10000",
		"renew for lease",
		"wait 20000",
		"renew for lease",
		"wait 2147483647",
	]);
});

it("never looks where no interval is set, and still hears a reload", async () => {
	const { log, next, waits, watch } = play({ settings: { intervalMs: undefined } });
	await waits();
	await next();
	watch.wake("reload");
	await waits();
	expect(log).toEqual(["wait 2147483647", "wait 2147483647", "renew for reload", "wait 2147483647"]);
});

it("ends at once, in whichever wait it is", async () => {
	const { log, next, stop, waits, watch } = play({ changes: [true] });
	await waits();
	await next();
	stop();
	await watch.ended;
	expect(log).toEqual(["wait 30000", "look", "wait 0"]);
});
