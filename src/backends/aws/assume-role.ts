import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { AssumeRoleCommand, type AssumeRoleCommandOutput, STSClient } from "@aws-sdk/nested-clients/sts";
import { searchSignal } from "./credential-search.ts";
import { faultOf, notOfAws } from "./fault.ts";
import type { Role } from "./settings.ts";

type CredentialsProvider = SecretsManagerClient["config"]["credentials"];

/**
 * Gives the credentials of a role, for which those of a client are shown to STS in the client's region.
 * Rejects with an AwsFault and with nothing else.
 */
export function assumeRole(role: Role, { config }: SecretsManagerClient): CredentialsProvider {
	const { credentials, logger, maxAttempts, region, requestHandler, retryMode } = config;
	const sts = new STSClient({
		...{ credentials, logger, maxAttempts, region, requestHandler, retryMode },
		...(role.endpoint === undefined ? {} : { endpoint: role.endpoint }),
	});
	const request = new AssumeRoleCommand({
		RoleArn: role.arn,
		RoleSessionName: role.sessionName,
		ExternalId: role.externalId,
		DurationSeconds: role.durationSeconds,
	});
	return async (options) => {
		try {
			await credentials(options);
		} catch (error) {
			throw faultOf(error, "credentials");
		}
		try {
			const abortSignal = searchSignal();
			return toCredentials(await sts.send(request, abortSignal && { abortSignal }));
		} catch (error) {
			throw faultOf(error, "role");
		}
	};
}

function toCredentials({ Credentials }: AssumeRoleCommandOutput): Awaited<ReturnType<CredentialsProvider>> {
	const { AccessKeyId, Expiration, SecretAccessKey, SessionToken } = Credentials ?? {};
	if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw notOfAws(200);
	return {
		accessKeyId: AccessKeyId,
		secretAccessKey: SecretAccessKey,
		sessionToken: SessionToken,
		...(Expiration === undefined ? {} : { expiration: Expiration }),
	};
}
