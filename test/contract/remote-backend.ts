import { isWritable } from "../../src/backends/backend.ts";
import type { TimedSignal } from "../../src/backends/deadline.ts";
import { parseJson } from "../../src/backends/json.ts";
import { now } from "../../src/clock.ts";
import { DstaError } from "../../src/errors.ts";
import { createBackend } from "./context.ts";
import type { Answer, Basis, Call, Message } from "./remote.ts";

// A process that asks backends what another process wants to know: each line of standard input is one message.
const backends = new Map<number, ReturnType<typeof createBackend>>();
const controllers = new Map<number, AbortController>();

let rest = "";
process.stdin.setEncoding("utf8").on("data", (text: string) => {
	const lines = (rest + text).split("\n");
	rest = lines.pop() as string;
	for (const line of lines) take(JSON.parse(line));
});
process.stdin.once("end", () => process.exit(0));

function take(message: Message): void {
	if ("open" in message) {
		const { context, name, open: id } = message;
		backends.set(
			id,
			createBackend(name, context, (level, text, about) => tell({ log: id, level, text, about })),
		);
	} else if ("call" in message) {
		call(message).then(
			(result) => tell({ answer: message.call, ...(result === undefined ? {} : { result }) }),
			(error) => tell({ answer: message.call, error: wordsOf(error) }),
		);
	} else if ("abort" in message) controllerOf(message.abort).abort();
	else {
		backends.get(message.close)?.then((backend) => backend?.close());
		backends.delete(message.close);
	}
}

async function call({ backend: id, leftMs, question, signal: signalId }: Call): Promise<string | undefined> {
	const backend = await backends.get(id);
	if (backend === undefined) throw new Error("there is no such backend");
	const signal: TimedSignal = controllerOf(signalId).signal;
	if (leftMs !== undefined) signal.endsAt ??= now() + leftMs;
	// Text, since a number may be one that only our own reader of JSON keeps.
	if (question.kind === "read") return JSON.stringify(await backend.read(question.request, signal));
	if (question.kind === "revision") return JSON.stringify(await backend.revision?.(question.request, signal));
	if (question.kind === "check") return JSON.stringify(await backend.check(signal));
	if (!isWritable(backend)) throw new Error("the backend cannot write");
	if (question.kind === "list") return JSON.stringify(await backend.list(question.folder, signal));
	const { secret } = question;
	if (question.kind === "versions") return JSON.stringify(await backend.versions?.(secret, signal));
	if (question.kind === "annotations") {
		const { changes } = question;
		if (changes === undefined) {
			const texts = await backend.annotations?.read(secret, signal);
			return texts && JSON.stringify([...texts]);
		}
		const texts = changes.map(([name, text]) => [name, text ?? undefined] as const);
		return JSON.stringify(await backend.annotations?.write(secret, new Map(texts), signal));
	}
	const { fields, from: json, overwrite, replace } = question;
	const basis = json === undefined ? undefined : (parseJson(json) as unknown as Basis);
	const from = basis && { from: new Map(basis.map(([key, value]) => [key, value])) };
	const options = { ...from, overwrite, replace, signal };
	return JSON.stringify(await backend.write(secret, new Map(fields), options));
}

function controllerOf(id: number): AbortController {
	const controller = controllers.get(id) ?? new AbortController();
	controllers.set(id, controller);
	return controller;
}

function wordsOf(error: unknown): Answer["error"] {
	if (!(error instanceof DstaError))
		return { bug: error instanceof Error ? `${error.stack}` : String(error) };
	const { backend, cause, code, cure, message, path, stack = "" } = error;
	return { code, message, stack, cause: cause && String(cause), details: { backend, cure, path } };
}

function tell(answer: object): void {
	process.stdout.write(`${JSON.stringify(answer)}\n`);
}
