import { isArn, regionOfArn } from "../../secret-path.ts";
import type { BackendContext, Found, ReadRequest, Revision, WritableBackend } from "../backend.ts";
import { shellWord } from "../shell.ts";
import { createWriting } from "../writing.ts";
import { formsOf, versionOf } from "./names.ts";
import type { Session } from "./session.ts";
import { type AwsSettings, describe, identify, overrideSettings, readAwsSettings } from "./settings.ts";
import type { Read } from "./waves.ts";

/**
 * Makes the backend for AWS Secrets Manager; `undefined` when neither the map nor the environment speaks of AWS.
 * What it asks with is loaded at the first question.
 */
export function createAwsBackend(context: BackendContext): WritableBackend | undefined {
	const settings = readAwsSettings(context);
	if (settings === undefined) return undefined;
	let opened: Promise<Opened> | undefined;
	const open = () => {
		opened ??= openSession(context, settings);
		return opened;
	};
	return {
		name: "aws",
		description: [describe(settings), ...settings.replicas].join(", then "),
		read: async (request, signal) => (await open()).read(request, signal),
		async revision(request, signal) {
			const { VersionId } = versionOf(request) ?? {};
			if (VersionId !== undefined) return { kind: "known", text: `version ${VersionId}` };
			// No cheaper question tells of twenty secrets at once.
			return revisionOf(await (await open()).read(request, signal));
		},
		locations: (request) =>
			formsOf(request, overrideSettings(settings, request.overrides).prefix).map(({ location }) => location),
		identity: (request) => identify(overrideSettings(settings, request.overrides), context.env),
		advice: (request) => absenceAdvice(request, overrideSettings(settings, request.overrides)),
		async check(signal) {
			const { checkAccess } = await import("./check.ts");
			await checkAccess((await open()).session, signal);
		},
		async examinations() {
			const { examineAws } = await import("./examine.ts");
			return examineAws(context, async () => (await open()).session);
		},
		...createWriting(open, {
			write: () => import("./write.ts"),
			list: () => import("./list.ts"),
			annotations: () => import("./annotations.ts"),
			versions: () => import("./versions.ts"),
		}),
		close: () => void opened?.then(({ session }) => session.close()),
	};
}

interface Opened {
	readonly session: Session;
	readonly read: Read;
}

async function openSession(context: BackendContext, settings: AwsSettings): Promise<Opened> {
	const [{ createSession }, { createReader }] = await Promise.all([
		import("./session.ts"),
		import("./waves.ts"),
	]);
	const session = createSession(context, settings);
	return { session, read: createReader(session) };
}

function revisionOf(found: Found | undefined): Revision {
	if (found === undefined) return { kind: "absent" };
	const { location, version } = found;
	return version === undefined
		? { kind: "unknown" }
		: { kind: "known", text: `version ${version} of ${location}` };
}

function absenceAdvice(request: ReadRequest, { prefix, region }: AwsSettings): string {
	const { secret, selector } = request.path;
	const isNamed = isArn(secret);
	const id = isNamed ? secret : `${prefix}${secret}`;
	const where = regionOfArn(secret) ?? region;
	const option = where === undefined ? "" : ` --region ${shellWord(where)}`;
	const pinned = Object.values(versionOf(request) ?? {})[0];
	if (pinned !== undefined)
		return `See which stages and versions ${id} has: aws secretsmanager list-secret-version-ids${option} --secret-id ${shellWord(id)} --include-deprecated`;
	if (isNamed)
		return `See whether it is there, and has such a field: aws secretsmanager describe-secret${option} --secret-id ${shellWord(id)}`;
	const folder = id.slice(0, id.lastIndexOf("/") + 1);
	const list = `aws secretsmanager list-secrets${option} --filters ${shellWord(`Key=name,Values=${folder === "" ? id : folder}`)}`;
	const key = selector.kind === "field" ? selector.key : "KEY";
	return `List what is there (${list}), or write it, which keeps the other fields of ${id}: dsta-run put --backend aws ${shellWord(secret)} ${shellWord(`${key}=-`)}`;
}
