import { expect, it } from "vitest";
import type { ChangeReaction } from "../../src/map/secret-map.ts";
import { joinReactions } from "../../src/watch/reaction.ts";

const EXIT = { kind: "exit", status: 75 } as const;
const RESTART = { kind: "restart" } as const;
const HUP = { kind: "signal", signal: 1 } as const;
const USR1 = { kind: "signal", signal: 10 } as const;
const HOOK = { kind: "exec", command: ["nginx", "-s", "reload"] } as const;
const IGNORE = { kind: "ignore" } as const;

it.each<[asked: readonly ChangeReaction[], joined: readonly ChangeReaction[]]>([
	[[IGNORE, HUP, RESTART, EXIT], [EXIT]],
	[[EXIT, { kind: "exit", status: 3 }], [EXIT]],
	[[IGNORE, HOOK, HUP, RESTART], [RESTART]],
	[
		[HOOK, IGNORE, HUP],
		[HUP, HOOK],
	],
	[
		[HUP, USR1, HUP],
		[HUP, USR1],
	],
	[[HOOK, { ...HOOK }], [HOOK]],
	[[IGNORE, IGNORE], [IGNORE]],
])("of %j follows %j", (asked, joined) => {
	expect(joinReactions(asked)).toEqual(joined);
});
