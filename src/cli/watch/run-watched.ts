import { setTimeout } from "node:timers/promises";
import type { Ending } from "../../launch/child.ts";
import type { Command } from "../../launch/command.ts";
import type { Audience } from "../../launch/launch.ts";
import type { Own } from "../../launch/own.ts";
import { loadService, type ServiceEvent } from "../../launch/service.ts";
import type { Resolution } from "../../resolve/resolve.ts";
import { linesOf } from "../../watch/line.ts";
import { createPrint } from "../../watch/print.ts";
import { type Reason, startWatch, type Watch, type WatchSettings } from "../../watch/watch.ts";
import type { HearEvent, StartReason } from "../events.ts";
import { reportLease } from "../leases.ts";
import type { Preparation } from "../prepare-command.ts";
import type { Redaction } from "../redaction.ts";
import { reportBug } from "../report.ts";
import type { Session } from "../session.ts";
import { createComplaints } from "./complaints.ts";
import { createPoll } from "./poll.ts";
import { reportEvents } from "./report.ts";
import { createRounds } from "./round.ts";
import type { Running } from "./running.ts";

const DEFAULT_SETTLE_MS = 2000;

export interface WatchedContext {
	readonly own: Own;
	readonly audience: Audience;
	readonly preparation: Preparation;
	/** The sessions that are open: a map that was read anew has another one. */
	readonly sessions: Set<Session>;
	/** What hides secrets in the output of the command. */
	readonly redaction: Redaction | undefined;
	/** Who hears of the run, beside the log. */
	readonly hear: HearEvent;
}

/** Runs a command that follows its secrets, and tells how it ended. */
export type RunWatched = (command: Command, outcomes: Running["outcomes"]) => Promise<Ending>;

/** Loads the way in which a command of a session is run that follows its secrets. */
export async function loadWatched(
	session: Session,
	{ audience, hear: tell, own, preparation, redaction, sessions }: WatchedContext,
): Promise<RunWatched> {
	const { host, warn } = preparation;
	const report = reportEvents(host.log);
	const hear: HearEvent = (event) => {
		report(event);
		tell(event);
	};
	let reason: StartReason = "start";
	const start = await loadService(own, session.manner, { ...audience, hear: tellOfService });

	function tellOfService(event: ServiceEvent): void {
		if (event.kind === "started")
			hear({ ...event, reason: event.reason === "restored" ? "restored" : reason });
		else if (event.kind === "stopped") hear({ kind: "stopped" });
		else hear(event);
	}

	return async (command, outcomes) => {
		const { reloadSignal } = session.manner;
		let watch: Watch | undefined;
		let isReloadAsked = false;
		// Before the command is there, which it would kill.
		if (reloadSignal !== undefined)
			own.signals.keep(reloadSignal, () => {
				isReloadAsked = watch === undefined;
				watch?.wake("reload");
			});
		hear({ kind: "resolved", resolutions: outcomes });
		const service = await start(command);
		const over = new AbortController();
		const { signal } = over;
		const print = createPrint();
		const rounds = createRounds(
			{ session, outcomes, command },
			{
				...{ hear, keepLeases, own, print, redaction, service, sessions, signal },
				preparation: { ...preparation, warn: onceEach(warn) },
				complaints: createComplaints(host.log),
			},
		);
		const poll = createPoll({ hear, print });

		async function renew(why: Reason): Promise<boolean> {
			reason = why === "reload" ? "reload" : "change";
			const isDone = await rounds.run(why);
			if (isDone) poll.accept();
			return isDone;
		}

		async function keepLeases({ backends }: Session): Promise<void> {
			await backends.keepAlive((news) => {
				if (news.kind === "late") return reportLease(news, host.log);
				host.log("info", `the lease of ${news.path} ends, and is asked for anew: ${news.reason}`, {
					event: "lease.replaced",
					path: news.path,
					backend: "vault",
				});
				watch?.wake("lease");
			});
		}

		watch = startWatch({
			settings: () => settingsOf(rounds.running().session),
			look() {
				const { outcomes, session } = rounds.running();
				return poll.look(session, linesOf<Resolution>(outcomes));
			},
			async renew(why) {
				if (why !== "reload") return renew(why);
				audience.serviceManager?.reloading();
				return renew(why).finally(audience.serviceManager?.reloaded);
			},
			random: Math.random,
			pause: async (ms, signal) => {
				await setTimeout(ms, undefined, { ref: false, signal }).catch(() => undefined);
			},
			signal,
		});
		// The command is not to suffer from it.
		watch.ended.catch((error) => reportBug(host.log, error));
		await keepLeases(session);
		if (isReloadAsked) watch.wake("reload");
		try {
			return rounds.endingOf(await service.ended);
		} finally {
			over.abort();
		}
	};
}

function settingsOf({ manner, map: { run } }: Session): WatchSettings {
	return {
		intervalMs: manner.watch || undefined,
		settleMs: run.settleMs ?? DEFAULT_SETTLE_MS,
		splayMs: run.splayMs ?? 0,
	};
}

// What was said at one start need not be said at the next.
function onceEach(warn: Preparation["warn"]): Preparation["warn"] {
	const said = new Set<string>();
	return (message, cure) => {
		if (!said.has(message)) warn(message, cure);
		said.add(message);
	};
}
