import type { LogIn } from "./attempt.ts";

/** Every way to come by a token, by its name; its code is loaded when it is used. */
export const METHODS: Readonly<Record<string, () => Promise<LogIn>>> = {
	credential: async () => (await import("./token-file.ts")).readCredential,
	token_file: async () => (await import("./token-file.ts")).readTokenFile,
	command: async () => (await import("./command.ts")).askCommand,
	approle: async () => (await import("./approle.ts")).logInByApprole,
	kubernetes: async () => (await import("./jwt.ts")).logInByKubernetes,
	jwt: async () => (await import("./jwt.ts")).logInByJwt,
	oidc: async () => (await import("./jwt.ts")).logInByJwt,
	aws: async () => (await import("./aws.ts")).logInByAws,
	userpass: async () => (await import("./userpass.ts")).logInByUserpass,
	cert: async () => (await import("./cert.ts")).logInByCert,
};
