import { isWildcard } from "../../map/secret-map.ts";
import { listNames } from "../report.ts";
import { isInContainer } from "./container.ts";
import type { Finding, Look } from "./look.ts";
import type { Patient } from "./patient.ts";

type Seen = Omit<Finding, "check">;

/** Which variables stand in the way of others, of the map, or of secrets. */
export function lookAtVariables(patient: Patient): Look {
	return {
		check: "variables",
		async look() {
			const found = [...namesakes(patient), ...overMap(patient), ...(await overSecrets(patient))];
			return found.length > 0 ? found : [{ severity: "ok", message: "no variable hides another" }];
		},
	};
}

/** Of two, the first is used. */
const NAMESAKES = [
	...["ADDR", "TOKEN", "NAMESPACE", "CACERT"].map((name) => [`VAULT_${name}`, `BAO_${name}`] as const),
	["AWS_REGION", "AWS_DEFAULT_REGION"],
] as const;

function namesakes({ host: { env } }: Patient): readonly Seen[] {
	return NAMESAKES.filter(([used, hidden]) => env[used] && env[hidden] && env[used] !== env[hidden]).map(
		([used, hidden]): Seen => ({
			severity: "warning",
			message: `${used} and ${hidden} differ, and ${used} is used`,
			cure: `Unset the one that is not meant: unset ${hidden}`,
		}),
	);
}

/** A variable, and the setting of the map that it beats. */
const OVER_MAP = [
	["VAULT_ADDR", "vault", "address"],
	["BAO_ADDR", "vault", "address"],
	["VAULT_NAMESPACE", "vault", "namespace"],
	["BAO_NAMESPACE", "vault", "namespace"],
	["VAULT_TOKEN", "vault", "auth"],
	["BAO_TOKEN", "vault", "auth"],
	["AWS_REGION", "aws", "region"],
	["AWS_DEFAULT_REGION", "aws", "region"],
	["AWS_PROFILE", "aws", "profile"],
	["AWS_ACCESS_KEY_ID", "aws", "profile"],
] as const;

function overMap({ host: { env }, options, session: { map } }: Patient): readonly Seen[] {
	const found = OVER_MAP.flatMap(([variable, backend, key]): readonly Seen[] => {
		const setting = map.backends[backend]?.[key];
		const value = env[variable];
		if (setting === undefined || value === undefined || value === String(setting)) return [];
		if (value === "" && key !== "namespace") return [];
		return [
			{
				severity: "warning",
				message: `${variable} is set, and beats ${backend}.${key} in the map`,
				cure: `Unset it where the map is meant: unset ${variable}`,
				backend,
			},
		];
	});
	if (options.backend === undefined || map.chain === undefined) return found;
	return [
		...found,
		{
			severity: "info",
			message: `--backend or DSTA_BACKEND asks ${options.backend} alone, whatever the map's chain says`,
		},
	];
}

async function overSecrets({
	host: { env },
	session: { chain, envFile, map },
}: Patient): Promise<readonly Seen[]> {
	const names = map.entries.filter((entry) => !isWildcard(entry)).flatMap((entry) => entry.names);
	const set = names.filter((name) => env[name] !== undefined);
	// One that cannot be read is told by the backend that reads it.
	const file = (await envFile?.variables().catch(() => undefined)) ?? new Map<string, string>();
	const differ = set.filter((name) => file.has(name) && file.get(name) !== env[name]);
	const found: Seen[] = [];
	if (differ.length > 0)
		found.push({
			severity: "warning",
			message: `${listNames(differ)} ${differ.length === 1 ? "is" : "are"} set in the environment, which beats another value in ${envFile?.name}`,
			cure: `Keep it in one place: unset ${differ.join(" ")}, or take it out of ${envFile?.name}.`,
			backend: "env",
		});
	if (set.length > 0 && chain[0] !== "env" && chain.includes("env"))
		found.push({
			// In an image everybody who has it has the value, and it stays when the secret is changed.
			severity: isInContainer() ? "warning" : "info",
			message: `${listNames(set)} ${set.length === 1 ? "is" : "are"} set in the environment already: a run uses that where ${chain.filter((name) => name !== "env").join(" and ")} cannot be asked or ${chain.length === 2 ? "lacks" : "lack"} it`,
			cure: `Where that is not meant, unset ${set.join(" ")}, take it out of the image (ENV) or the unit (Environment=), or leave env out: chain: [${chain.filter((name) => name !== "env").join(", ")}].`,
			backend: "env",
		});
	return found;
}
