import { type DstaError, joinErrors } from "../../errors.ts";
import type { Log, LogFields } from "../../observe/log.ts";
import type { Gone } from "../../watch/absent.ts";
import { fixLines, listNames } from "../report.ts";

/** The warnings of a watch, each once for as long as its cause lasts: a poll that meets it again says nothing. */
export interface Complaints {
	/** Resolving anew gave nothing that a command could be started with. */
	tellNotTaken(errors: readonly DstaError[]): void;
	/** It did, or somebody has asked for it, so that what comes after this is told again. */
	forget(): void;
	/** All that backends have no more; what is back is told again should it go once more. */
	tellGone(gone: readonly Gone[]): void;
	/** The command keeps values of variables that have others by now. */
	tellStale(names: readonly string[]): void;
	/** It was started anew, with all of them. */
	forgetStale(): void;
	/** Settings of a new map that do not hold yet. */
	tellNextStart(settings: readonly string[]): void;
	/** A hook has failed. */
	tellHook(file: string, failure: string): void;
}

/** Makes the warnings of one watch. */
export function createComplaints(log: Log): Complaints {
	const told = new Set<string>();
	let absent: ReadonlySet<string> = new Set();
	const stale = new Set<string>();
	const warn = (message: string, cure: string, fields: LogFields) =>
		log("warn", message, { lines: fixLines(cure), cure, ...fields });

	return {
		tellNotTaken(errors) {
			const distinct = [...new Map(errors.map((error) => [error.message, error])).values()];
			const { backend, code, cure, message, path } = joinErrors(distinct as [DstaError, ...DstaError[]]);
			if (told.has(message)) return;
			told.add(message);
			warn(
				`what was read anew is not taken over, the command goes on with what it has: ${message} [${code}]`,
				cure,
				{
					event: "watch.not-taken",
					code,
					backend,
					path,
				},
			);
		},
		forget: () => told.clear(),
		tellGone(gone) {
			const fresh = gone.filter(({ path }) => !absent.has(path));
			absent = new Set(gone.map(({ path }) => path));
			for (const [backend, group] of Map.groupBy(fresh, (one) => one.backend)) {
				const paths = group.map(({ path }) => path);
				warn(`${backend} has no ${listNames(paths)} any more: the values stay as they are`, GONE_CURE, {
					event: "watch.gone",
					backend,
					paths,
				});
			}
		},
		tellStale(names) {
			const fresh = names.filter((name) => !stale.has(name));
			for (const name of fresh) stale.add(name);
			if (fresh.length > 0)
				warn(
					`the command keeps the old ${listNames(fresh)}: nobody can change a variable of a process that runs`,
					STALE_CURE,
					{
						event: "watch.stale",
						names: fresh,
					},
				);
		},
		forgetStale: () => stale.clear(),
		tellNextStart(settings) {
			if (settings.length > 0)
				warn(
					`of the new map ${listNames(settings)} cannot be changed while the command runs`,
					NEXT_START_CURE,
					{ event: "watch.next-start", settings },
				);
		},
		tellHook: (file, failure) =>
			warn(
				`the hook ${file} ${failure}`,
				"Run it by hand to see what is wrong; it is run again at the next change.",
				{ event: "watch.hook-failed" },
			),
	};
}

const GONE_CURE =
	"Put it back; or, for a command that is to follow, say run: { on_absent: change } in the map.";
const STALE_CURE =
	"Give it to the command as a file (as: file), which is written anew, or have it started anew: on_change: restart.";
const NEXT_START_CURE = "Start dsta-run anew for them.";
