import { BY_HAND } from "./by-hand.ts";
import { CROSS_ENV, DOTENV_CLI, DOTENVX, ENV_CMD, SOPS } from "./dotenv.ts";
import { DSTA_RUN } from "./dsta-run.ts";
import { FNOX } from "./fnox.ts";
import { INITS } from "./inits.ts";
import type { Launcher } from "./launcher.ts";
import { SECRETSPEC } from "./secretspec.ts";
import { TELLER } from "./teller.ts";
import { VALS } from "./vals.ts";
import { VARLOCK } from "./varlock.ts";
import { ENVCONSUL, VAULT_ENV } from "./vault-env.ts";

/** All that are compared, where they are installed. */
export const LAUNCHERS: readonly Launcher[] = [
	...DSTA_RUN,
	...BY_HAND,
	...INITS,
	ENVCONSUL,
	SECRETSPEC,
	VAULT_ENV,
	FNOX,
	TELLER,
	VALS,
	SOPS,
	VARLOCK,
	DOTENVX,
	ENV_CMD,
	DOTENV_CLI,
	CROSS_ENV,
];
