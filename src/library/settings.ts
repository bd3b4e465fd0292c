/** Where a text that logs in lies; it never stands in settings itself. */
export type SecretSource =
	| { readonly env: string }
	| { readonly file: string }
	| { readonly credential: string };

/** How to log in to Vault, in the words of `vault.auth` in a map. */
export interface VaultAuthSettings {
	readonly method?:
		| "credential"
		| "token_file"
		| "approle"
		| "kubernetes"
		| "jwt"
		| "oidc"
		| "aws"
		| "userpass"
		| "cert"
		| "command";
	readonly credential?: string;
	readonly token_file?: string;
	readonly role_id?: string | SecretSource;
	readonly secret_id?: SecretSource;
	readonly wrapped?: boolean;
	readonly role?: string;
	readonly token?: SecretSource;
	readonly username?: string;
	readonly password?: SecretSource;
	readonly region?: string;
	readonly header?: string;
	readonly command?: readonly string[];
	readonly mount?: string;
	readonly namespace?: string;
}

/** Settings of Vault or OpenBao, in the words of `vault:` in a map. The environment wins over them. */
export interface VaultSettings {
	/** Such as `https://vault.example.com:8200`. */
	readonly address?: string;
	/** Of the KV engine; `secret` by default. */
	readonly mount?: string;
	/** The version of the KV engine; found out by default. */
	readonly kv?: "auto" | 1 | 2;
	/** `dsta` by default; empty: none. */
	readonly namespace?: string;
	/** What Vault may take: a duration such as `10s`, or seconds. */
	readonly timeout?: string | number;
	/** What one attempt may take: a duration. */
	readonly attempt_timeout?: string | number;
	/** How often a read is made again, 0 to 10. */
	readonly retries?: number;
	readonly auth?: VaultAuthSettings;
	readonly cacert?: string;
	readonly capath?: string;
	readonly client_cert?: string;
	readonly client_key?: string;
	readonly tls_server_name?: string;
	readonly skip_verify?: boolean;
	/** Whether a token that a login has made is revoked by `close()`. */
	readonly revoke?: boolean;
}

/** Settings of AWS Secrets Manager, in the words of `aws:` in a map. The environment wins over them. */
export interface AwsSettings {
	readonly region?: string;
	/** Where the secrets are replicated, in the order of asking; excludes `region`. */
	readonly regions?: readonly string[];
	/** What names begin with; `dsta/` by default. */
	readonly prefix?: string;
	readonly profile?: string;
	readonly endpoint?: string;
	readonly assume_role?: {
		readonly role_arn: string;
		readonly external_id?: string;
		readonly session_name?: string;
		readonly duration?: string | number;
	};
	readonly timeout?: string | number;
	readonly retries?: number;
	readonly retry_mode?: "standard" | "adaptive";
}
