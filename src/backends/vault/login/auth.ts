/** Where a text that logs in lies: in a variable, a file, or a credential of the systemd unit. It never stands in settings itself. */
export type SecretSource =
	| { readonly env: string }
	| { readonly file: string }
	| { readonly credential: string };

/** How to log in, as the map (`vault.auth`) or the environment says it; what a method needs may be missing. */
export interface VaultAuth {
	readonly method: string;
	/** Where the method is mounted below `auth/`; its own name where nobody says. */
	readonly mount?: string | undefined;
	/** The namespace of the mount; that of the secrets where nobody says. */
	readonly namespace?: string | undefined;
	readonly role?: string | undefined;
	readonly credential?: string | undefined;
	readonly tokenFile?: string | undefined;
	readonly roleId?: string | SecretSource | undefined;
	readonly secretId?: SecretSource | undefined;
	/** Whether what lies at `secretId` is a wrapping token, which the secret_id is to be unwrapped with. */
	readonly wrapped?: boolean | undefined;
	/** A JSON web token. */
	readonly token?: SecretSource | undefined;
	readonly username?: string | undefined;
	readonly password?: SecretSource | undefined;
	readonly region?: string | undefined;
	readonly header?: string | undefined;
	readonly command?: readonly string[] | undefined;
}
