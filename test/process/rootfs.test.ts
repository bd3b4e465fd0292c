import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askUntilAnswered } from "../examples/ask.ts";
import { type ContainerOptions, startContainer, WITHOUT_REAPER } from "../examples/container.ts";
import { buildExample } from "../examples/examples.ts";
import type { Image } from "../examples/image.ts";
import { HAS_NETWORK, type Network, startNetwork } from "../examples/network.ts";
import { PREPARED } from "../examples/prepared.ts";
import { BUILD, MODE } from "./launch.ts";

const SAID = BUILD === "npm" && MODE === "spawn" ? expect.stringMatching(WITHOUT_REAPER) : "";

const VAULT = { VAULT_ADDR: "http://127.0.0.1:8200", VAULT_TOKEN: "for-development-only" };

describe.skipIf(!HAS_NETWORK)("the examples' images, with nothing else in them", () => {
	let network: Network;
	beforeAll(async () => {
		network = await startNetwork();
	});
	afterAll(() => network.stop());

	describe.each(BUILD === "npm" ? ["npm"] : ["distroless", "alpine"])("%s.Dockerfile", (name) => {
		const folder = mkdtempSync(join(tmpdir(), "dsta-run-images-"));
		let image: Image;
		beforeAll(() => {
			image = buildExample(name, folder);
			if (MODE === "exec") image.entrypoint = [...image.entrypoint.slice(0, -1), "--exec", "--"];
		});
		afterAll(() => rmSync(folder, { recursive: true }));

		const start = (options: ContainerOptions = {}) =>
			startContainer(network, image, { env: VAULT, ...options });
		/** Starts a shell as the command, from beside the image: there is none in it. */
		const shell = (script: string, options: ContainerOptions = {}) => {
			const mounts = { "/busybox": join(PREPARED, "bin/busybox") };
			return start({ args: ["/busybox", "sh", "-c", script], mounts, ...options });
		};

		it("give another command the secrets, as PID 1, without rights, on a read-only root", async () => {
			const script = `/busybox env; echo "pid $$, parent $PPID"; exec 2>&1
				/busybox id -u; /busybox grep CapEff /proc/self/status; /busybox touch /x; /busybox ls /`;
			const { status, stderr, stdout } = await shell(script).ended;
			expect({ status, stderr }).toEqual({ status: 0, stderr: SAID });
			expect(stdout.split("\n")).toEqual(
				expect.arrayContaining([
					"BINANCE_API_KEY=your_api_key",
					"BINANCE_API_SECRET=your_api_secret",
					"POSTGRES_HOST=localhost",
					"POSTGRES_PASSWORD=secure_password",
					MODE === "exec" ? "pid 1, parent 0" : expect.stringMatching(/^pid \d+, parent 1$/),
					`${image.uid}`,
					"CapEff:\t0000000000000000",
					"touch: /x: Read-only file system",
				]),
			);
			expect(stdout).not.toMatch(/^(?:VAULT_TOKEN=|HOME=|(?:dev|etc|home|tmp)$)/m);
		});

		it("end with the command's status, and as PID 1 with 128 + N", async () => {
			const containers = [shell("exit 42"), shell("exit 42", { init: true }), shell("kill -9 $$; exit 7")];
			const ended = await Promise.all(containers.map((container) => container.ended));
			// PID 1 is not killed by its own hand.
			const killed = MODE === "exec" ? 7 : 128 + 9;
			expect(ended.map(({ status }) => status)).toEqual([42, 42, killed]);
		});

		it("pass TERM on to the command", async () => {
			const { ended, kill, said } = shell("trap 'exit 9' TERM; echo ready; while :; do read -r line; done");
			await said("ready");
			kill("SIGTERM");
			expect(await ended).toMatchObject({ status: 9, stderr: SAID });
		});

		it("serve with their own CMD until TERM comes", async () => {
			const { ended, kill } = start();
			const { stdout } = await askUntilAnswered(network, "http://127.0.0.1:8080/healthz");
			expect(stdout).toBe("ok\n");
			const hasAnswer = image.cmd[0] === "node";
			// A PID 1 that has no answer to TERM does not end of it.
			if (MODE === "exec" && !hasAnswer) return kill("SIGKILL");
			kill("SIGTERM");
			expect(await ended).toMatchObject({ status: hasAnswer ? 0 : 128 + 15, stderr: SAID });
		});

		it("say what is missing: the command, the server's address, the token", async () => {
			const nameless = { ...VAULT, VAULT_ADDR: "http://vault.example:8200", DSTA_TIMEOUT: "2s" };
			const containers = [
				start({ args: ["nothing"] }),
				start({ env: nameless }),
				start({ env: { VAULT_ADDR: VAULT.VAULT_ADDR } }),
			];
			const ended = await Promise.all(containers.map((container) => container.ended));
			expect(ended.map(({ status }) => status)).toEqual([127, 75, 75]);
			const [command, address, token] = ended.map(({ stderr }) => stderr);
			expect(command).toMatch(/The command nothing was not found: .*\n {2}fix: /);
			expect(address).toMatch(/[Vv]ault not available: .*http:\/\/vault\.example:8200.*\n {2}fix: /);
			expect(token).toMatch(/Vault not available: no token for .*\n {2}fix: Set VAULT_TOKEN/);
		});

		it("need /proc, except with the npm package", async () => {
			const { status, stderr, stdout } = await shell("echo started", { withoutProc: true }).ended;
			if (name === "npm")
				expect({ status, stderr, stdout }).toEqual({ status: 0, stderr: SAID, stdout: "started\n" });
			// With glibc the runtime gives up before the first line of dsta-run.
			else expect({ status, stdout }).not.toEqual({ status: 0, stdout: "started\n" });
			if (name === "alpine")
				expect(stderr).toMatch(/\/proc\/self\/environ cannot be read.*\n {2}fix: Mount \/proc/);
		});
	});
});
