import { DstaError } from "../../errors.ts";
import { createDraft, type Draft, lineAt } from "./draft.ts";

/**
 * Makes a draft of the lines `chamber exec SERVICE… -- COMMAND` of a script, a Dockerfile or a unit: chamber has no file of its own.
 * https://github.com/segmentio/chamber#exec
 * @throws {DstaError} DSTA_CONFIG there is no such line
 */
export function readChamber(text: string, { file }: { readonly file: string }): Draft {
	const draft = createDraft();
	const calls = [...text.matchAll(CALL)].map(({ 0: call, index }) => ({ call, line: lineAt(text, index) }));
	if (calls.length === 0)
		throw new DstaError("DSTA_CONFIG", `${file} has no line with chamber exec SERVICE -- COMMAND`, {
			cure: "Name the script, Dockerfile or unit that calls chamber, or write chamber's own export: chamber export --format dotenv SERVICE > .env.",
		});
	let isInSecretsManager = /CHAMBER_SECRET_BACKEND["'=:\s]+secretsmanager/i.test(text);
	for (const { call, line } of calls) {
		const { backend, hasPristine, services } = parseCall(call);
		isInSecretsManager ||= backend === "secretsmanager";
		if (hasPristine) draft.settings.pristine = true;
		for (const service of services)
			draft.add("*", { path: `${service.replace(/^\/+/, "")}/*`, backend: "aws" }, line);
	}
	if (!isInSecretsManager) draft.note(PARAMETER_STORE);
	if (draft.lines.length > 1) draft.note(SEVERAL);
	return draft;
}

/** Words up to the one that ends them, within a line or with marks that it goes on: a list has quotes, commas and dashes. */
const CALL = /\bchamber\b(?:(?!\n(?!\s*["'-])|[;&|])[\s\S]){1,300}?\bexec\b[^;&|]{1,300}?["'\s]--(?=["'\s])/g;

const WITH_VALUE = new Set([
	"-b",
	"--backend",
	"-r",
	"--retries",
	"--backend-s3-bucket",
	"--kms-key-alias",
	"--retry-mode",
	"--strict-value",
]);

function parseCall(call: string) {
	const words = call.split(/[\s"',[\]\\]+/).filter((word) => word !== "" && word !== "--");
	const services: string[] = [];
	let backend: string | undefined;
	for (let index = words.indexOf("chamber") + 1; index < words.length; index++) {
		const word = words[index] as string;
		const [flag = "", value] = word.split("=");
		if (flag === "-b" || flag === "--backend") backend = value ?? words[index + 1];
		if (WITH_VALUE.has(flag) && value === undefined) index++;
		else if (!word.startsWith("-") && word !== "exec") services.push(word);
	}
	return { backend: backend?.toLowerCase(), services, hasPristine: words.includes("--pristine") };
}

const PARAMETER_STORE =
	'chamber keeps its secrets in the Parameter Store unless told otherwise, which dsta-run does not read. This moves a service, once its line is the only one of the map with "*": chamber export --format dotenv SERVICE > moving.env && dsta-run migrate --from moving.env --to aws && rm moving.env';

const SEVERAL =
	"Where two services have the same key, dsta-run stops, and chamber takes the later. A line for that key alone decides: SERVICE/key: NAME";
