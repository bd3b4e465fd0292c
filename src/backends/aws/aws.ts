import type { BackendContext, ReadRequest, WritableBackend } from "../backend.ts";
import { AwsFault } from "./fault.ts";
import { formsOf } from "./names.ts";
import { createSession, type Session } from "./session.ts";
import { type AwsSettings, describe, overrideSettings, readAwsSettings } from "./settings.ts";
import { createReader } from "./waves.ts";

/** Makes the backend for AWS Secrets Manager; `undefined` when neither the map nor the environment speaks of AWS. */
export function createAwsBackend(context: BackendContext): WritableBackend | undefined {
	const settings = readAwsSettings(context);
	if (settings === undefined) return undefined;
	const session = createSession(context, settings);
	return {
		name: "aws",
		description: describe(settings),
		read: createReader(session),
		locations: (request) =>
			formsOf(request, overrideSettings(settings, request.overrides).prefix).map(({ location }) => location),
		advice: (request) => absenceAdvice(request, overrideSettings(settings, request.overrides)),
		check: (signal) => checkAccess(session, signal),
		async write(secret, fields, options) {
			const { writeSecret } = await import("./write.ts");
			return writeSecret(session, { secret, fields, ...options });
		},
		async list(folder, signal) {
			const { listSecrets } = await import("./list.ts");
			return listSecrets(session, folder, signal);
		},
		close: () => session.close(),
	};
}

// Nobody has this secret: the answer that there is none shows that AWS took the credentials, and so does a policy's refusal.
async function checkAccess(session: Session, signal: AbortSignal): Promise<void> {
	const id = `${session.settings.prefix}health/check`;
	try {
		const client = await session.client();
		await client.get({ SecretId: id }, signal);
	} catch (error) {
		if (error instanceof AwsFault && ["absent", "deleted", "forbidden", "undecryptable"].includes(error.kind))
			return;
		throw await session.failure(error, { action: "GetSecretValue", id });
	}
}

function absenceAdvice({ path }: ReadRequest, { prefix, region }: AwsSettings): string {
	const { secret, selector } = path;
	const option = region === undefined ? "" : ` --region ${region}`;
	const id = `${prefix}${secret}`;
	const folder = id.slice(0, id.lastIndexOf("/") + 1);
	const list = `aws secretsmanager list-secrets${option} --filters Key=name,Values=${folder === "" ? id : folder}`;
	const key = selector.kind === "field" ? selector.key : "KEY";
	return `List what is there (${list}), or write it, which keeps the other fields of ${id}: dsta-run put --backend aws ${secret} ${key}=-`;
}
