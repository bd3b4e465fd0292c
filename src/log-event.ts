/** What a record of the log is about: words that stay, for programs. A new message has one of these, or a new one here. */
export type LogEvent =
	/** Why nothing could be done: `code` says which kind. */
	| "failure"
	/** A bug of dsta-run. */
	| "bug"
	/** A backend could not be asked, and the next one is. */
	| "backend.passed-over"
	/** Defaults stand in for a backend that could not be asked. */
	| "default.used"
	/** The snapshot stands in for a backend. */
	| "snapshot.used"
	/** It could not. */
	| "snapshot.unused"
	/** It cannot be kept or read. */
	| "snapshot.warning"
	/** Vault gave a token for a login. */
	| "vault.login"
	/** The token of a login was not revoked. */
	| "vault.token-left"
	/** The certificate of the server is not checked. */
	| "vault.unverified"
	/** Vault ignored a part of a question. */
	| "vault.ignored"
	/** AWS refuses to give several secrets at once. */
	| "aws.unbatched"
	/** Another region is asked. */
	| "aws.region-passed-over"
	/** Somebody else changed a secret while it was written. */
	| "aws.overtaken"
	/** A lease could not be renewed, and is tried again. */
	| "lease.late"
	/** It ends. */
	| "lease.ending"
	/** It ends, and another one is asked for. */
	| "lease.replaced"
	/** It was not revoked. */
	| "lease.left"
	/** Nobody is left to renew it. */
	| "lease.unattended"
	/** Something about how it is run. */
	| "command.warning"
	/** It runs with the previous values again. */
	| "command.restored"
	/** A secret has changed; `reaction` says what follows. */
	| "watch.changed"
	/** Secrets were read anew, and none is another one. */
	| "watch.unchanged"
	/** What was read anew cannot be used. */
	| "watch.not-taken"
	/** A backend could not be asked for changes. */
	| "watch.failed"
	/** All answer again. */
	| "watch.recovered"
	/** A secret is gone, and its value stays. */
	| "watch.gone"
	/** The command keeps an old value. */
	| "watch.stale"
	/** A setting of a new map holds from the next start on. */
	| "watch.next-start"
	/** A hook failed. */
	| "watch.hook-failed"
	/** A step of a rotation has ended. */
	| "rotation.step"
	/** Something about a rotation. */
	| "rotation.warning"
	/** The audit log cannot be kept as it should. */
	| "audit.warning"
	/** A line of it was only begun. */
	| "audit.cut"
	/** Metrics are served. */
	| "metrics.served"
	/** They are not. */
	| "metrics.unserved"
	/** Of a secret that is too short to be replaced in what the command writes, or of what is in the way of that. */
	| "redact.warning"
	/** A value stands in the command line. */
	| "put.visible"
	/** A file of a secret was left out. */
	| "export.left-out"
	/** Something of another tool could not be taken over. */
	| "init.left-out"
	/** What there is to know of a map that was written. */
	| "init.note"
	/** What there is to know of a policy. */
	| "policy.note";

/** What a record is about. */
export interface LogSubject {
	/** What has happened. */
	readonly event: LogEvent;
	/** The secret path concerned. */
	readonly path?: string | undefined;
	/** The backend concerned. */
	readonly backend?: string | undefined;
	/** What else the event tells. */
	readonly [name: string]: unknown;
}
