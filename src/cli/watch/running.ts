import type { Command } from "../../launch/command.ts";
import type { Resolution } from "../../resolve/resolve.ts";
import type { Filling } from "../../resolve/templates.ts";
import type { Session } from "../session.ts";

/** What a command runs with. */
export interface Running {
	readonly session: Session;
	readonly outcomes: readonly (Resolution | Filling)[];
	/** The command as it was started. */
	readonly command: Command;
}
