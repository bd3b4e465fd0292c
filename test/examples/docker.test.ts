import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askUntilAnswered } from "./ask.ts";
import { COMPOSE_FILE, readServices } from "./compose.ts";
import { startContainer, WITHOUT_REAPER } from "./container.ts";
import { type Instruction, parseDockerfile } from "./dockerfile.ts";
import { buildExample, dockerfileOf } from "./examples.ts";
import type { Image } from "./image.ts";
import { HAS_NETWORK, type Network, startNetwork } from "./network.ts";
import { IS_PREPARED, PREPARED } from "./prepared.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const README = readFileSync(`${ROOT}examples/docker/README.md`, "utf8");

const DOCKERFILES = ["npm", "distroless", "alpine"];

describe("the README of the examples", () => {
	it("has every Dockerfile, and commands with files that there are", () => {
		for (const name of DOCKERFILES) expect(README).toContain(`[${name}.Dockerfile](${name}.Dockerfile)`);
		const files = [...README.matchAll(/ -f (\S+)/g)].map(([, file]) => `${ROOT}${file}`);
		expect(files).toHaveLength(2);
		for (const file of files) expect(existsSync(file)).toBe(true);
	});
});

describe.each(DOCKERFILES)("%s.Dockerfile", (name) => {
	const instructions = parseDockerfile(readFileSync(dockerfileOf(name), "utf8"));
	const last = (wanted: string) => instructions.findLast((instruction) => instruction.name === wanted);

	it("starts from images of a certain version", () => {
		const stages = instructions.map(stageOf);
		const images = instructions
			.flatMap(({ name, options, words }) => (name === "FROM" ? words[0] : (options.from ?? [])))
			.filter((image) => !stages.includes(image));
		expect(images.length).toBeGreaterThan(0);
		for (const image of images) expect(image).toMatch(/:(?!latest$)[\w.-]+$/);
	});

	it("runs as a user that Kubernetes can see is not root", () => {
		expect(last("USER")?.words[0]).toMatch(/^[1-9]\d*:[1-9]\d*$/);
	});

	it("has dsta-run as its entry point, and a command without a shell", () => {
		expect(last("ENTRYPOINT")?.words).toEqual([expect.stringMatching(/(?:^|\/)dsta-run$/), "--"]);
		expect(last("CMD")?.words.length).toBeGreaterThan(1);
	});

	it.skipIf(!IS_PREPARED)("satisfies hadolint", () => {
		const { status, stdout } = spawnSync(join(PREPARED, "bin/hadolint"), [dockerfileOf(name)], {
			encoding: "utf8",
		});
		expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
	});
});

describe.skipIf(!HAS_NETWORK)("compose.yaml", () => {
	const folder = mkdtempSync(join(tmpdir(), "dsta-run-compose-"));
	let network: Network;
	let image: Image;
	beforeAll(async () => {
		network = await startNetwork();
		image = buildExample("npm", folder);
	});
	afterAll(async () => {
		await network.stop();
		rmSync(folder, { recursive: true });
	});

	it("is understood by docker compose", () => {
		const { stderr, stdout } = spawnSync(
			join(PREPARED, "bin/docker-compose"),
			["-f", COMPOSE_FILE, "config", "--format", "json"],
			{ env: { ...process.env, VAULT_TOKEN: "" }, encoding: "utf8" },
		);
		expect(stderr).toBe("");
		const { services } = JSON.parse(stdout);
		expect(services["api-server"].environment).toEqual(readServices()["api-server"].environment);
		expect(services["api-server"].build.dockerfile).toBe("examples/docker/npm.Dockerfile");
	});

	/** Whether the service's own check says so. */
	function isHealthy(): boolean {
		const [file, ...words] = network.enter;
		const check = readServices()["api-server"].healthcheck?.test.slice(1) ?? [];
		return spawnSync(file, [...words, ...check]).status === 0;
	}

	it("starts the API server with the secrets that its seed has put into OpenBao", async () => {
		const hosts = join(folder, "hosts");
		writeFileSync(hosts, "127.0.0.1 openbao\n");
		const { ended, kill, said } = startContainer(network, image, {
			env: readServices()["api-server"].environment,
			mounts: { "/etc/hosts": hosts },
		});
		await said("ready, with BINANCE_API_KEY BINANCE_API_SECRET POSTGRES_HOST POSTGRES_PASSWORD\n");
		expect((await askUntilAnswered(network, "http://127.0.0.1:8080/healthz")).stdout).toBe("ok\n");
		expect(isHealthy()).toBe(true);
		kill("SIGTERM");
		const stderr = expect.stringMatching(WITHOUT_REAPER);
		expect(await ended).toMatchObject({ status: 0, stdout: expect.stringMatching(/closing\n$/), stderr });
		expect(isHealthy()).toBe(false);
	});
});

function stageOf({ name, words }: Instruction): string | undefined {
	return name === "FROM" ? words[2] : undefined;
}
