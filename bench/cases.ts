/** What launchers are compared at. */
export interface Case {
	/** What `--only` looks at. */
	readonly id: string;
	readonly title: string;
	readonly backend: "env" | "vault" | "aws";
	readonly secrets: number;
	/** Variables that come of each secret. */
	readonly keys: number;
	/** What the way to the server adds to each answer. */
	readonly latencyMs: number;
	readonly isTls: boolean;
}

/** A variable that the command has to get. */
export interface Variable {
	readonly name: string;
	readonly value: string;
	/** The secret it comes of, below `bench/`, and the key in it. */
	readonly secret: string;
	readonly key: string;
}

/** As many as any case asks of a secret. */
export const KEYS_OF_SECRET = 10;

const vault = { backend: "vault", latencyMs: 5, isTls: false } as const;

export const CASES: readonly Case[] = [
	{ id: "env-10", title: "10 variables from the environment", ...local(10) },
	{ id: "vault-10", title: "Vault, 10 variables in 5 secrets, 5 ms", ...vault, secrets: 5, keys: 2 },
	{ id: "vault-100-20", title: "Vault, 100 variables in 20 secrets, 5 ms", ...vault, secrets: 20, keys: 5 },
	{
		id: "vault-100-100",
		title: "Vault, 100 variables in 100 secrets, 5 ms",
		...vault,
		secrets: 100,
		keys: 1,
	},
	{
		id: "vault-near",
		title: "Vault, 100 variables in 20 secrets, 0 ms",
		...vault,
		secrets: 20,
		keys: 5,
		latencyMs: 0,
	},
	{
		id: "vault-far",
		title: "Vault, 100 variables in 20 secrets, 20 ms",
		...vault,
		secrets: 20,
		keys: 5,
		latencyMs: 20,
	},
	{
		id: "vault-tls",
		title: "Vault over TLS, 100 variables in 20 secrets, 5 ms",
		...vault,
		secrets: 20,
		keys: 5,
		isTls: true,
	},
	{
		id: "aws-100",
		title: "AWS, 100 variables in 100 secrets, 5 ms",
		...vault,
		backend: "aws",
		secrets: 100,
		keys: 1,
	},
];

function local(secrets: number) {
	return { backend: "env", secrets, keys: 1, latencyMs: 0, isTls: false } as const;
}

/** The variables of so many keys in so many secrets. */
export function variablesOf({ keys, secrets }: Pick<Case, "keys" | "secrets">): readonly Variable[] {
	return Array.from({ length: secrets * keys }, (_, index) => {
		const secret = Math.floor(index / keys);
		const key = `key_${index % keys}`;
		return { name: `BENCH_${secret}_${key}`, value: valueIn(secret, key), secret: `secret_${secret}`, key };
	});
}

/** All that a secret holds. */
export function fieldsOf(secret: number): Readonly<Record<string, string>> {
	const keys = Array.from({ length: KEYS_OF_SECRET }, (_, index) => `key_${index}`);
	return Object.fromEntries(keys.map((key) => [key, valueIn(secret, key)]));
}

function valueIn(secret: number, key: string): string {
	return `value-of-${secret}-${key}`;
}
