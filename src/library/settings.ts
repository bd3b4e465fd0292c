import type { SecretSource } from "../backends/vault/login/auth.ts";

export type { SecretSource };

/** How to log in to Vault, in the words of `vault.auth` in a map. */
export interface VaultAuthSettings {
	/** The way to log in; `credential`, `token_file` and `command` say it by themselves. */
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
	/** The name of a credential of the systemd unit that holds a token. */
	readonly credential?: string;
	/** A file that holds a token, as an agent writes it. */
	readonly token_file?: string;
	/** The role_id of `approle`. */
	readonly role_id?: string | SecretSource;
	/** Where the secret_id of `approle` lies. */
	readonly secret_id?: SecretSource;
	/** Whether the secret_id is a token that wraps it. */
	readonly wrapped?: boolean;
	/** The role of `kubernetes`, `jwt`, `oidc`, `aws` or `cert`. */
	readonly role?: string;
	/** Where the token of `kubernetes`, `jwt` or `oidc` lies; that of the pod by default for `kubernetes`. */
	readonly token?: SecretSource;
	/** The user of `userpass`. */
	readonly username?: string;
	/** Where the password of `userpass` lies. */
	readonly password?: SecretSource;
	/** The region whose STS `aws` proves itself to. */
	readonly region?: string;
	/** What `aws` signs as `X-Vault-AWS-IAM-Server-ID`. */
	readonly header?: string;
	/** A command, with its arguments, that prints a token. */
	readonly command?: readonly string[];
	/** Where the method is mounted; by default at its own name. */
	readonly mount?: string;
	/** The namespace of the method; by default that of the secrets. */
	readonly namespace?: string;
}

/** Settings of Vault or OpenBao, in the words of `vault:` in a map. The environment wins over them. */
export interface VaultSettings {
	/** Such as `https://vault.example.com:8200`. */
	readonly address?: string;
	/** The mount of the KV engine; `secret` by default. */
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
	/** How to log in, where no token is given. */
	readonly auth?: VaultAuthSettings;
	/** A file of the authorities to trust, in PEM form, in place of those that the runtime knows. */
	readonly cacert?: string;
	/** A folder of such files. */
	readonly capath?: string;
	/** The file of our own certificate, in PEM form. */
	readonly client_cert?: string;
	/** The file of its key, in PEM form, without a passphrase. */
	readonly client_key?: string;
	/** The name that the certificate of Vault must be for, where it is not that of the address. */
	readonly tls_server_name?: string;
	/** Whether to believe whatever certificate Vault shows; warns each time. */
	readonly skip_verify?: boolean;
	/** Whether a token that a login has made is revoked by `close()` of a manager, or by `await using` of a backend. */
	readonly revoke?: boolean;
}

/** Settings of AWS Secrets Manager, in the words of `aws:` in a map. The environment wins over them. */
export interface AwsSettings {
	/** Where the secrets are. */
	readonly region?: string;
	/** Where the secrets are replicated, in the order of asking; excludes `region`. */
	readonly regions?: readonly string[];
	/** What names begin with; `dsta/` by default. */
	readonly prefix?: string;
	/** The profile of the shared configuration files to use. */
	readonly profile?: string;
	/** Another address to ask, in which `{region}` stands for the region. */
	readonly endpoint?: string;
	/** A role to take on before asking. */
	readonly assume_role?: AwsRole;
	/** What AWS may take, credentials included: a duration such as `10s`, or seconds; 10 seconds by default. */
	readonly timeout?: string | number;
	/** How often what fails is asked again, 0 to 10. */
	readonly retries?: number;
	/** `adaptive` asks more slowly after AWS has throttled; `standard` by default. */
	readonly retry_mode?: "standard" | "adaptive";
}

/** A role to take on, in the words of `aws.assume_role` in a map; its ARN alone is enough. */
export interface AwsRole {
	/** The ARN of the role. */
	readonly role_arn: string;
	/** What the role asks of those whom it trusts. */
	readonly external_id?: string;
	/** How the session is named in the logs of AWS. */
	readonly session_name?: string;
	/** How long its credentials are to last: a duration such as `1h`, or seconds; from 15 minutes to 12 hours. */
	readonly duration?: string | number;
}
