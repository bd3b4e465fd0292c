import { constants } from "node:os";
import type { DstaError } from "../../errors.ts";
import type { ChangeReaction } from "../../map/secret-map.ts";
import type { Log } from "../../observe/log.ts";
import type { ChangedSecret, HearEvent, Source } from "../events.ts";
import { fixLines, listNames } from "../report.ts";

/**
 * Writes to the log what a watch does. What stops the command is told where only warnings are, the rest as information; that a
 * backend gives no answer once, and once that all do again.
 */
export function reportEvents(log: Log): HearEvent {
	let changed = "";
	const failing = new Set<string>();
	return (event) => {
		switch (event.kind) {
			case "resolved":
				// What was passed over at the start was told then.
				for (const error of event.resolutions.flatMap(errorsOf)) failing.add(kindOf(error));
				return;
			case "changed":
				changed =
					event.secrets.length > 0 ? listNames(event.secrets.map(changeWords)) : listNames(event.names);
				return;
			case "reaction": {
				const { paths, reaction } = event;
				const level = reaction.kind === "restart" || reaction.kind === "exit" ? "warn" : "info";
				return log(level, `changed: ${changed || "what the command inherits"}; ${reactionWords(reaction)}`, {
					event: "watch.changed",
					reaction: reaction.kind,
					paths,
				});
			}
			case "restored":
				return log("warn", `the command runs with the previous values again: ${event.reason}`, {
					event: "command.restored",
					lines: fixLines(RESTORED_CURE),
					cure: RESTORED_CURE,
				});
			case "watch failed": {
				const fresh = event.errors.filter((error) => !failing.has(kindOf(error)));
				for (const error of fresh) {
					failing.add(kindOf(error));
					tellFailure(log, error);
				}
				return;
			}
			case "watched":
				if (failing.size > 0)
					log("warn", "all backends answer again: changes are seen", { event: "watch.recovered" });
				failing.clear();
		}
	};
}

function tellFailure(log: Log, { backend, code, cure, message }: DstaError): void {
	log("warn", `${message}; changes there are not seen meanwhile, and the command goes on [${code}]`, {
		event: "watch.failed",
		lines: fixLines(cure),
		code,
		backend,
		cure,
	});
}

const RESTORED_CURE =
	"Put values that work into the changed secrets; these are tried again only when one of them changes once more.";

function errorsOf(
	outcome: Extract<Parameters<HearEvent>[0], { kind: "resolved" }>["resolutions"][number],
): readonly DstaError[] {
	const lines = "sources" in outcome ? outcome.sources : [outcome];
	return lines.flatMap(({ attempts }) => attempts.flatMap(({ error }) => error ?? []));
}

function kindOf({ backend, failureClass }: DstaError): string {
	return `${backend} ${failureClass}`;
}

function reactionWords(reaction: ChangeReaction): string {
	switch (reaction.kind) {
		case "exit":
			return `stopping the command, to end with status ${reaction.status}`;
		case "restart":
			return "starting the command anew";
		case "signal":
			return `sending the command ${signalName(reaction.signal)}`;
		case "exec":
			return `running ${reaction.command[0]}`;
		case "ignore":
			return "ignored";
	}
}

function signalName(number: number): string {
	const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
	return name?.replace(/^SIG/, "") ?? `signal ${number}`;
}

function changeWords({ from, path, to }: ChangedSecret): string {
	if (from === undefined || to === undefined || from.backend !== to.backend)
		return `${path} (${sourceWords(from)} → ${sourceWords(to)})`;
	const isVersionKnown =
		from.version !== undefined && to.version !== undefined && from.version !== to.version;
	return `${path} (${to.backend}${isVersionKnown ? `, version ${from.version} → ${to.version}` : ""})`;
}

function sourceWords(source: Source | undefined): string {
	if (source === undefined) return "nobody";
	return source.version === undefined ? source.backend : `${source.backend} version ${source.version}`;
}
