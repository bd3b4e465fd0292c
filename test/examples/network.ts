import { spawn, spawnSync } from "node:child_process";
import { delimiter, dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { follow } from "../process/launch.ts";
import { findServers } from "../servers/install.ts";
import { readServices, type Service } from "./compose.ts";
import { IS_PREPARED, PREPARED } from "./prepared.ts";

/** A network of its own, so that every port is free in it, with an OpenBao that holds secrets. */
export interface Network {
	/** The words before those of a program that is to be in it. */
	readonly enter: readonly [string, ...string[]];
	/** Runs OpenBao's own command, as root in the namespace of the secrets. */
	bao(words: readonly string[], input?: string): void;
	stop(): Promise<void>;
}

/** Whether one can be made: where there is no OpenBao, the tests are skipped as others are that need it. */
export const HAS_NETWORK: boolean = IS_PREPARED && process.env.DSTA_TEST_VAULT !== undefined;

/** Makes a network and starts in it what compose.yaml starts before the API server, as it is written there. */
export async function startNetwork(): Promise<Network> {
	const { openbao, seed } = readServices();
	const server = ["bao", ...(openbao.command ?? [])];
	const up = `${PREPARED}/bin/busybox ifconfig lo up && echo up && exec "$@"`;
	const child = spawn("unshare", ["-Urn", "sh", "-c", up, "sh", ...server], { env: environmentOf(openbao) });
	const { ended, said } = follow(child);
	const stop = async () => {
		child.kill("SIGKILL");
		await ended;
	};
	await Promise.race([said("up"), ended]);
	const enter = ["nsenter", "--preserve-credentials", "-U", "-n", "-t", `${child.pid}`] as const;
	const run = (service: Service, words: readonly string[], input = "") =>
		spawnSync(enter[0], [...enter.slice(1), ...words], {
			env: environmentOf(service),
			input,
			encoding: "utf8",
		});
	while (run(openbao, openbao.healthcheck?.test.slice(1) ?? []).status !== 0) {
		if (child.exitCode !== null) throw new Error(`OpenBao has ended: ${(await ended).stderr}`);
		await sleep(100);
	}
	const { status, stderr } = run(seed, [...(seed.entrypoint ?? []), ...(seed.command ?? [])]);
	const bao = (words: readonly string[], input?: string) => {
		const inNamespace = { ...seed, environment: { ...seed.environment, BAO_NAMESPACE: "dsta" } };
		const { status, stderr } = run(inNamespace, ["bao", ...words], input);
		if (status !== 0) throw new Error(`bao ${words.join(" ")}: ${stderr}`);
	};
	if (status === 0) return { enter, bao, stop };
	await stop();
	throw new Error(`The seed of compose.yaml has failed: ${stderr}`);
}

// A name in the network of compose.yaml is this one's loopback.
function environmentOf({ environment }: Service): NodeJS.ProcessEnv {
	const PATH = [dirname(findServers().vault), process.env.PATH].join(delimiter);
	const local = JSON.stringify(environment).replaceAll("//openbao:", "//127.0.0.1:");
	return { PATH, ...JSON.parse(local) };
}
