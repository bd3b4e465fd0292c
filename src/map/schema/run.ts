import type { CHECKS, DETAILED } from "../change.ts";
import { RUN_MODES } from "../secret-map.ts";
import type { RUN } from "../settings.ts";
import { KEPT } from "../signals.ts";
import { about, type Described, either, type JsonSchema, mapping } from "./json-schema.ts";
import {
	BOOLEAN,
	COMMAND,
	countUpTo,
	DURATION,
	listOf,
	oneOf,
	PAUSE,
	pattern,
	SIGNAL,
	signalBut,
	WORD,
} from "./scalars.ts";

const OCTET = /(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)/.source;
const IPV4 = `${OCTET}(?:\\.${OCTET}){3}`;
const IPV6 = /\[[\da-fA-F]*:[\da-fA-F:.]+(?:%[\w.:-]+)?\]/.source;
/** Up to 65535, in at most five digits. */
const PORT = /(?:[0-5]?\d{1,4}|6(?:[0-4]\d|5[0-4])\d\d|655(?:[0-2]\d|3[0-5]))/.source;

const LISTEN_ADDRESS: JsonSchema = either(
	{ type: "integer", minimum: 0, maximum: 65_535 },
	pattern(/^(?:none|unix:[^\0]{1,107})$/),
	pattern(new RegExp(`^(?:(?:localhost|${IPV4}|${IPV6}):)?${PORT}$`)),
);

/** What follows a change of a secret. */
export const ON_CHANGE: JsonSchema = either(
	oneOf(["restart", "exit", "ignore"]),
	mapping(
		{
			signal: about("The signal that the command gets.", SIGNAL),
			exec: about("A command to run.", COMMAND),
			exit: about("The status to end with, when the command has been stopped.", countUpTo(255)),
		} satisfies Described<typeof DETAILED>,
		{ minProperties: 1, maxProperties: 1 },
	),
);

const READY_CHECKS = {
	http: about("It answers this URL with 2xx.", pattern(/^https?:/)),
	tcp: about("It listens at this HOST:PORT.", pattern(/^(?:\[[\da-fA-F:.]+\]|[^\s:]+):\d{1,5}$/)),
	exec: about("This command ends with 0.", COMMAND),
	notify: about("It says so itself, by READY=1 to NOTIFY_SOCKET.", oneOf([true, "true"])),
} satisfies Described<typeof CHECKS>;

const READY: JsonSchema = {
	...mapping({ ...READY_CHECKS, timeout: about("How long that is waited for.", DURATION) }),
	oneOf: Object.keys(READY_CHECKS).map((name) => ({ required: [name] })),
};

const VARIABLES = listOf({ ...WORD, ...pattern(/^[^=\0]+$/) });

/** `run:`, how the command is run. */
export const RUN_SCHEMA: JsonSchema = mapping({
	mode: about("spawn stays in front of the command, exec becomes it.", oneOf(RUN_MODES)),
	notify: about(
		"Whether a service manager hears of the run; command: that it is ready the command says itself.",
		either(BOOLEAN, oneOf(["command"])),
	),
	pristine: about("Whether the command inherits only what is passed, and a short list.", BOOLEAN),
	pass: about("Variables that it inherits all the same; * stands for anything.", VARIABLES),
	strip: about("Variables that it does not inherit; * stands for anything.", VARIABLES),
	keep_files: about("Whether files of secrets may stay when nobody is left to remove them.", BOOLEAN),
	watch: about("Whether, or how often, it is looked for changed secrets.", either(BOOLEAN, DURATION)),
	on_change: about("What follows when one has changed.", ON_CHANGE),
	on_absent: about("Whether a secret that is gone has changed.", oneOf(["ignore", "change"])),
	stop_signal: about("By which the command is stopped to be started again.", SIGNAL),
	stop_timeout: about("How long that may take before it is killed.", DURATION),
	settle: about("For how long changes are gathered into one.", PAUSE),
	splay: about("Each instance waits for a random part of this.", PAUSE),
	probation: about("How long a command with new values has to run, or it gets the previous ones.", PAUSE),
	ready: about("How it shows that a command which was started again is ready.", READY),
	reload_signal: about("The signal by which map and secrets are read anew.", SIGNAL),
	redact: about("Whether secrets are replaced in what the command writes.", BOOLEAN),
	metrics: about("Where metrics are served: 127.0.0.1:9464.", LISTEN_ADDRESS),
	signals: about("Signals, and what the command gets instead: TERM: QUIT, HUP: none.", {
		type: "object",
		propertyNames: signalBut(KEPT),
		additionalProperties: either(SIGNAL, pattern(/^[Nn][Oo][Nn][Ee]$/)),
	}),
	kill_after: about("How long the command has from the first signal that asks it to end.", DURATION),
	subreaper: about("Whether orphans of the command are reaped.", BOOLEAN),
	on_orphan: about("What the command gets when dsta-run is killed.", SIGNAL),
} satisfies Described<typeof RUN>);
