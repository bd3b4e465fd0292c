/** What was done. */
export type AuditAction =
	/** A command got the value of a path. */
	| "inject"
	| "start"
	| "end"
	/** Values have changed while their command runs, and what followed. */
	| "change"
	| "react"
	| "restore"
	/** A value was shown, or written. */
	| "get"
	| "export"
	| "put"
	| "migrate"
	/** A step of a rotation. */
	| "rotate";

/** A record of what was done: never a value, never an argument of a command. */
export interface AuditRecord {
	readonly action: AuditAction;
	/** The secret path, as the user wrote it; `paths` where one record is about several. */
	readonly path?: string | undefined;
	readonly paths?: readonly string[] | undefined;
	/** Who had it or has it now, in which version, and where, in its own words. */
	readonly backend?: string | undefined;
	readonly version?: string | undefined;
	/** That of before, where it has changed. */
	readonly was_version?: string | undefined;
	readonly location?: string | undefined;
	/** How old it was, where the snapshot stood in for the backend. */
	readonly snapshot_age_ms?: number | undefined;
	/** The variables, or fields, that have its value. */
	readonly names?: readonly string[] | undefined;
	/** The name of the command, without its folder and its arguments. */
	readonly command?: string | undefined;
	readonly command_pid?: number | undefined;
	readonly mode?: "spawn" | "exec" | undefined;
	/** The map that is in use. */
	readonly map?: string | undefined;
	/** What led to it, in a word or a sentence. */
	readonly reason?: string | undefined;
	/** What followed a change. */
	readonly reaction?: string | undefined;
	/** Which rotation, which step of it, and what became of that. */
	readonly rotation?: string | undefined;
	readonly step?: string | undefined;
	readonly outcome?: string | undefined;
	readonly detail?: string | undefined;
	/** How it ended: with a status or by a signal; with the code of an error where it failed. */
	readonly status?: number | undefined;
	readonly signal?: string | undefined;
	readonly error?: string | undefined;
}

export interface TimedRecord extends AuditRecord {
	/** In the form of RFC 3339. */
	readonly time: string;
}

/** Who does it: in every record. */
export interface Who {
	/** As /etc/passwd has it; `undefined`: not at all. */
	readonly user: string | undefined;
	readonly uid: number | undefined;
	/** Who has logged in, where it is somebody else: what the kernel keeps, and what sudo says. */
	readonly login_uid: number | undefined;
	readonly sudo_user: string | undefined;
	readonly host: string;
	readonly pid: number;
	/** The version of dsta-run. */
	readonly dsta_run: string;
	/** What all records of one run have in common. */
	readonly run: string;
}
