import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { createIssuer } from "../backends/vault/logins.ts";
import { askUntilAnswered } from "./ask.ts";
import { startContainer, WITHOUT_REAPER } from "./container.ts";
import { buildExample } from "./examples.ts";
import type { Image } from "./image.ts";
import { HAS_NETWORK, type Network, startNetwork } from "./network.ts";
import { IS_PREPARED, PREPARED } from "./prepared.ts";

/** A container of a pod, as far as the tests start one. */
interface Container {
	readonly command?: readonly string[];
	readonly args?: readonly string[];
	readonly env?: readonly { readonly name: string; readonly value?: string }[];
	readonly ports: readonly { readonly containerPort: number }[];
	readonly readinessProbe: { readonly httpGet: { readonly path: string } };
}

const fileOf = (name: string) => new URL(`../../examples/kubernetes/${name}`, import.meta.url).pathname;

function objectOf(name: string, kind: string) {
	const objects = parseAllDocuments(readFileSync(fileOf(name), "utf8")).map((document) => document.toJS());
	return objects.find((object) => object.kind === kind);
}

function podOf(name: string) {
	const { spec } = objectOf(name, "Deployment") ?? objectOf(name, "CronJob").spec.jobTemplate;
	return spec.template.spec;
}

describe.each(["deployment.yaml", "init-container.yaml", "cronjob.yaml"])("%s", (name) => {
	const pod = podOf(name);

	it.skipIf(!IS_PREPARED)("is what Kubernetes takes, to the last property", () => {
		const words = ["--strict", "--quiet", fileOf(name)];
		const { status, stderr } = spawnSync(join(PREPARED, "bin/kubernetes-validate"), words, {
			encoding: "utf8",
		});
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
	});

	it("is what a restricted namespace takes", () => {
		expect(pod).toMatchObject({
			automountServiceAccountToken: false,
			shareProcessNamespace: false,
			securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
		});
		for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
			expect(container.securityContext).toEqual({
				allowPrivilegeEscalation: false,
				readOnlyRootFilesystem: true,
				capabilities: { drop: ["ALL"] },
			});
			expect(container.resources).toEqual({ requests: expect.anything(), limits: expect.anything() });
		}
	});
});

it.each(["deployment.yaml", "init-container.yaml"])(
	"%s asks the command itself how it is, and gives it the map's timeout and more to start",
	(name) => {
		const [app] = podOf(name).containers;
		const { livenessProbe, readinessProbe, startupProbe } = app;
		for (const probe of [startupProbe, readinessProbe, livenessProbe])
			expect(probe.httpGet.port).toBe(app.ports[0].name);
		expect(startupProbe.failureThreshold * startupProbe.periodSeconds).toBeGreaterThan(30);
	},
);

it("cronjob.yaml tries again what a unit of systemd does, and nothing else", () => {
	const [rule] = objectOf("cronjob.yaml", "CronJob").spec.jobTemplate.spec.podFailurePolicy.rules;
	const unit = readFileSync(new URL("../../examples/systemd/api.service", import.meta.url), "utf8");
	expect(unit).toContain(`\nRestartPreventExitStatus=${rule.onExitCodes.values.join(" ")}\n`);
});

describe.skipIf(!HAS_NETWORK)("the pods of the examples", () => {
	const folder = mkdtempSync(join(tmpdir(), "dsta-run-pods-"));
	let network: Network;
	let image: Image;
	let carrier: Image;
	beforeAll(async () => {
		network = await startNetwork();
		image = buildExample("npm", folder);
		carrier = buildExample("distroless", folder, "dsta-run");
	});
	afterAll(async () => {
		await network.stop();
		rmSync(folder, { recursive: true });
	});

	/** Starts the container of a pod as the kubelet does. */
	function start(container: Container, uid: number, { image, mounts }: { image: Image; mounts: Volumes }) {
		const { args, command: entrypoint, env = [] } = container;
		return startContainer(network, image, {
			...(entrypoint === undefined ? {} : { entrypoint }),
			...(args === undefined ? {} : { args }),
			// Without a value it is of a Secret: the token.
			env: {
				...Object.fromEntries(env.map(({ name, value = "for-development-only" }) => [name, value])),
				VAULT_ADDR: "http://127.0.0.1:8200",
			},
			uid,
			mounts,
		});
	}
	type Volumes = Readonly<Record<string, string>>;

	/** Goes with the app through its life: it says that it is ready, the kubelet asks, TERM comes. */
	async function live(
		{ ended, kill, said }: ReturnType<typeof start>,
		{ ports, readinessProbe }: Container,
		stderr: unknown = "",
	) {
		await said("ready, with BINANCE_API_KEY BINANCE_API_SECRET POSTGRES_HOST POSTGRES_PASSWORD\n");
		const address = `http://127.0.0.1:${ports[0]?.containerPort}${readinessProbe.httpGet.path}`;
		expect((await askUntilAnswered(network, address)).stdout).toBe("ok\n");
		kill("SIGTERM");
		expect(await ended).toMatchObject({ status: 0, stdout: expect.stringMatching(/closing\n$/), stderr });
	}

	it("of deployment.yaml starts its args behind the image's entry point", async () => {
		const pod = podOf("deployment.yaml");
		const mounts = { [pod.containers[0].volumeMounts[0].mountPath]: folderOf("files") };
		const [container] = pod.containers;
		const running = start(container, pod.securityContext.runAsUser, { image, mounts });
		await live(running, container, expect.stringMatching(WITHOUT_REAPER));
	});

	it("of init-container.yaml starts an image without dsta-run by what the init container has put there", async () => {
		const pod = podOf("init-container.yaml");
		const { runAsUser: uid } = pod.securityContext;
		const volumes: Volumes = { dsta: folderOf("dsta"), "secrets-map": folderOf("map") };
		const { data } = objectOf("init-container.yaml", "ConfigMap");
		for (const [name, text] of Object.entries(data)) writeFileSync(join(folder, "map", name), text as string);
		const mountsOf = ({ volumeMounts }: { volumeMounts: { name: string; mountPath: string }[] }) =>
			Object.fromEntries(volumeMounts.map(({ mountPath, name }) => [mountPath, volumes[name] as string]));

		const [init] = pod.initContainers;
		const installed = await start(init, uid, { image: carrier, mounts: mountsOf(init) }).ended;
		expect(installed).toMatchObject({ status: 0, stdout: "/dsta/dsta-run\n", stderr: "" });

		const [app] = pod.containers;
		const bare = { ...image, root: join(folder, "bare"), entrypoint: [] };
		cpSync(image.root, bare.root, { recursive: true, verbatimSymlinks: true });
		for (const name of ["node_modules", "secrets.map.yaml"])
			rmSync(join(bare.root, "app", name), { recursive: true });
		await live(start(app, uid, { image: bare, mounts: mountsOf(app) }), app);
	});

	it("of cronjob.yaml logs in as its service account, does its work and ends", async () => {
		const pod = podOf("cronjob.yaml");
		const [container] = pod.containers;
		const issuer = createIssuer();
		network.bao(["auth", "enable", "jwt"]);
		network.bao(["write", "auth/jwt/config", `jwt_validation_pubkeys=${issuer.publicKey}`]);
		network.bao(["policy", "write", "report", "-"], 'path "secret/data/*" { capabilities = ["read"] }');
		const [, role = ""] =
			/^# vault (write auth\/jwt\/role.*)$/m.exec(readFileSync(fileOf("cronjob.yaml"), "utf8")) ?? [];
		network.bao(role.split(" "));
		const [{ serviceAccountToken }] = pod.volumes[0].projected.sources;
		const sub = `system:serviceaccount:default:${pod.serviceAccountName}`;
		const token = issuer.issue({ sub, aud: [serviceAccountToken.audience] });
		writeFileSync(join(folderOf("tokens"), serviceAccountToken.path), token);
		const mounts = { [container.volumeMounts[0].mountPath]: join(folder, "tokens") };
		const { ended } = start(container, pod.securityContext.runAsUser, { image, mounts });
		const stdout = "reported, with BINANCE_API_KEY BINANCE_API_SECRET POSTGRES_HOST POSTGRES_PASSWORD\n";
		expect(await ended).toEqual({
			status: 0,
			signal: null,
			stdout,
			stderr: expect.stringMatching(WITHOUT_REAPER),
		});
	});

	function folderOf(name: string): string {
		const path = join(folder, name);
		mkdirSync(path);
		return path;
	}
});
