import { isDeepStrictEqual } from "node:util";
import { DstaError } from "../../errors.ts";
import type { Ending } from "../../launch/child.ts";
import { type ChangedLine, compare, identityOf } from "../../watch/compare.ts";
import { joinReactions } from "../../watch/reaction.ts";
import type { Reason } from "../../watch/watch.ts";
import type { ChangedSecret, HearEvent, Source } from "../events.ts";
import { environmentOf, prepareCommand } from "../prepare-command.ts";
import type { Redaction } from "../redaction.ts";
import type { Session } from "../session.ts";
import { createHeld } from "./held.ts";
import { reopenSession, settingsForNextStart } from "./reload.ts";
import { type Renewal, resolveAnew } from "./resolve-anew.ts";
import type { Running } from "./running.ts";
import { type TellingContext, tellRunning } from "./tell-running.ts";

/** The rounds of a watch: each resolves everything anew, and does what follows if it is complete and something has changed. */
export interface Rounds {
	/** What the command runs with at this moment. */
	running(): Running;
	/** `false`: nothing came of it, and another round is to follow. */
	run(reason: Reason): Promise<boolean>;
	/** How the run ends: as its command did, unless a change has ended it. */
	endingOf(ending: Ending): Ending;
}

export interface RoundContext extends TellingContext {
	/** The sessions that are open. */
	readonly sessions: Set<Session>;
	readonly print: (text: string) => string;
	readonly hear: HearEvent;
	/** What hides secrets in the output of the command. */
	readonly redaction: Redaction | undefined;
	/** Has the leases of a session looked after. */
	readonly keepLeases: (session: Session) => Promise<void>;
}

/** Makes the rounds of a watch over a command. */
export function createRounds(first: Running, context: RoundContext): Rounds {
	const { complaints, hear, keepLeases, preparation, print, redaction, service, sessions, signal } = context;
	const { host } = preparation;
	let running = first;
	/** The values that the command did not take; they are tried again when one of them has changed. */
	let refused: string | undefined;
	let exitStatus: number | undefined;
	const held = createHeld(first.outcomes);

	async function attempt(reason: Reason): Promise<boolean> {
		// Whoever asks for it wants to hear what is wrong, however often it was told.
		if (reason === "reload") complaints.forget();
		const session = reason === "reload" ? await reopenSession(running.session, preparation) : running.session;
		sessions.add(session);
		try {
			if (session !== running.session) await keepLeases(session);
			const renewal = await resolveAnew(session, running.outcomes, host.env);
			complaints.tellGone(renewal.gone);
			if (renewal.errors.length > 0) return leave(reason, renewal.errors, renewal.outcomes);
			complaints.forget();
			if (!signal.aborted) await takeOver(session, renewal, reason);
			return true;
		} finally {
			// What did not come to run goes, but with a command that still has its credentials.
			if (session !== running.session) await close(session);
		}
	}

	function leave(reason: Reason, errors: readonly DstaError[], resolutions: Renewal["outcomes"] = []): false {
		complaints.tellNotTaken(errors);
		hear({ kind: "not taken", isReload: reason === "reload", resolutions, errors });
		return false;
	}

	async function takeOver(session: Session, { keep, outcomes }: Renewal, reason: Reason): Promise<void> {
		const identity = identityOf(outcomes, print);
		if (reason !== "reload" && identity === refused) {
			host.log("debug", "the secrets were read anew: they are the values that were refused", {
				event: "watch.unchanged",
			});
			return;
		}
		refused = undefined;
		if (session !== running.session) complaints.tellNextStart(settingsForNextStart(first.session, session));
		const next = { session, outcomes, command: running.command };
		const { lines, names } = compare(running.outcomes, outcomes, print);
		if (names.length === 0 && !(await hasOtherEnvironment(next))) {
			host.log(
				reason === "reload" ? "info" : "debug",
				"the secrets were read anew: no value is another one",
				{ event: "watch.unchanged" },
			);
			running = next;
			hear({ kind: "read", isReload: reason === "reload", resolutions: held.of(outcomes) });
			return keep();
		}
		const { onChange = { kind: "restart" } } = session.map.run;
		const asked = lines.map(({ now }) => now.entry.onChange ?? onChange);
		const paths = lines.map(({ now }) => now.entry.path.text);
		const reactions = joinReactions(asked.length === 0 ? [onChange] : asked);
		hear({ kind: "changed", paths, secrets: lines.map(toChangedSecret), names });
		for (const reaction of reactions) hear({ kind: "reaction", reaction, paths });
		// Before it can write them.
		redaction?.learn(outcomes);
		const outcome = await carryOut(reactions, next, names);
		if (outcome === "refused") refused = identity;
		if (outcome !== "taken") return;
		hear({ kind: "resolved", isReload: reason === "reload", resolutions: held.of(outcomes) });
		await keep();
	}

	/** Whether another map lets the command inherit something else. */
	async function hasOtherEnvironment(next: Running): Promise<boolean> {
		if (next.session === running.session) return false;
		const [before, now] = await Promise.all(
			[running, next].map(({ outcomes, session }) =>
				environmentOf(session, outcomes, { ...preparation, files: undefined }),
			),
		);
		return !isDeepStrictEqual(before, now);
	}

	async function carryOut(
		reactions: ReturnType<typeof joinReactions>,
		next: Running,
		names: readonly string[],
	): Promise<"taken" | "refused" | "over"> {
		const [strongest] = reactions;
		switch (strongest.kind) {
			case "exit":
				exitStatus = strongest.status;
				await service.stop();
				return "over";
			case "restart": {
				const command = await prepareCommand(next.session, next.outcomes, preparation);
				const { kind } = await service.replace(command);
				if (kind !== "running") return kind === "over" ? "over" : "refused";
				running = { ...next, command };
				complaints.forgetStale();
				held.startWith(next.outcomes);
				// Nobody has the credentials of another session any more.
				for (const session of sessions) if (session !== next.session) await close(session);
				return "taken";
			}
			default:
				held.change(names, await tellRunning(reactions, { ...next, names }, context));
				running = next;
				return "taken";
		}
	}

	async function close(session: Session): Promise<void> {
		sessions.delete(session);
		await session.backends.release();
	}

	return {
		running: () => running,
		async run(reason) {
			try {
				return await attempt(reason);
			} catch (error) {
				if (!(error instanceof DstaError)) throw error;
				return leave(reason, [error]);
			}
		},
		endingOf: (ending) => (exitStatus === undefined ? ending : { status: exitStatus }),
	};
}

function toChangedSecret({ before, now }: ChangedLine): ChangedSecret {
	return { path: now.entry.path.text, from: before && sourceOf(before), to: sourceOf(now) };
}

function sourceOf({ attempts, origin }: Pick<ChangedLine["now"], "attempts" | "origin">): Source | undefined {
	if (origin === undefined) return undefined;
	return { backend: origin, version: attempts.find(({ backend }) => backend === origin)?.version };
}
