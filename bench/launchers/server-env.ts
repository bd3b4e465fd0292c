import { ROOT_TOKEN } from "../../test/servers/start.ts";
import type { Job } from "./launcher.ts";

/** The variables by which most launchers find the server of a case and log in. */
export function serverEnv({ address, authority, backend }: Job): NodeJS.ProcessEnv {
	if (backend === "env") return {};
	if (backend === "aws")
		return {
			AWS_ENDPOINT_URL: address,
			AWS_REGION: "us-east-1",
			AWS_ACCESS_KEY_ID: "bench",
			AWS_SECRET_ACCESS_KEY: "bench",
		};
	return {
		VAULT_ADDR: address,
		VAULT_TOKEN: ROOT_TOKEN,
		...(authority === undefined ? {} : { VAULT_CACERT: authority }),
	};
}
