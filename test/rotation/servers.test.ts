import { randomBytes } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import type { WritableBackend } from "../../src/backends/backend.ts";
import { listRotations } from "../../src/rotation/list.ts";
import { rollBack } from "../../src/rotation/rollback.ts";
import { resume, rotate } from "../../src/rotation/rotate.ts";
import { setSchedule } from "../../src/rotation/schedule.ts";
import { openBackend as openAws } from "../backends/aws/backend.ts";
import { motoAddress } from "../backends/aws/moto.ts";
import { openBackend as openVault } from "../backends/vault/backend.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";
import { jobOf, Killed, killable, mapOf, searchAt, targetAt } from "./job.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const { signal } = new AbortController();

/** A token of a policy, in the namespace of the secrets. */
async function tokenFor(policy: string): Promise<string> {
	await askVault(ADDRESS, "POST", "sys/policies/acl/rotating", { policy });
	const { auth } = await askVault(ADDRESS, "POST", "auth/token/create", { policies: ["rotating"] });
	return (auth as { client_token: string }).client_token;
}

const opened: Disposable[] = [];
function keep<T extends Disposable>(backend: T): T {
	opened.push(backend);
	return backend;
}
afterAll(() => opened.forEach((backend) => void backend[Symbol.dispose]()));

const SERVERS: Readonly<Record<string, () => WritableBackend>> = {
	vault: () => keep(openVault(ADDRESS, { VAULT_TOKEN: ROOT_TOKEN, VAULT_NAMESPACE: "dsta" })),
	aws: () => keep(openAws(motoAddress())),
};

describe.skipIf(ADDRESS === "" || motoAddress() === "").each(Object.entries(SERVERS))(
	"a rotation at a real %s",
	(_, open) => {
		async function secret(): Promise<{ backend: WritableBackend; name: string; path: string }> {
			const [backend, name] = [open(), `rotation/${randomBytes(6).toString("hex")}`];
			const fields = new Map([
				["key", "old"],
				["other", "kept"],
			]);
			await backend.write(name, fields, { replace: false, signal });
			return { backend, name, path: `${name}/key` };
		}
		const all = async (backend: WritableBackend, name: string) =>
			(
				await backend.read(
					{ path: { text: `${name}/*`, secret: name, selector: { kind: "all" } }, names: [] },
					signal,
				)
			)?.value;

		it("changes one field, and is taken back with what was changed beside it since", async () => {
			const { backend, name, path } = await secret();
			const rotated = await rotate(await targetAt(backend, path), jobOf({}, "new"));
			expect(await all(backend, name)).toEqual({ key: "new", other: "kept" });
			const { current } = await targetAt(backend, path);
			expect(rotated.newVersion).toBe(current?.version);
			await backend.write(name, new Map([["other", "changed"]]), { replace: false, signal });
			await rollBack(await targetAt(backend, path), jobOf({}));
			expect(await all(backend, name)).toEqual({ key: "old", other: "changed" });
		});

		it("is made by one of two that know nothing of each other, and the loser says so", async () => {
			const { backend, name, path } = await secret();
			const values = ["ours", "theirs"];
			const rotators = values.map(async (value) => rotate(await targetAt(open(), path), jobOf({}, value)));
			const settled = await Promise.allSettled(rotators);
			const winners = settled.flatMap(({ status }, index) => (status === "fulfilled" ? [index] : []));
			expect(winners).toHaveLength(1);
			expect(settled.filter(({ status }) => status === "rejected")).toMatchObject([
				{ reason: { code: "DSTA_CONFLICT" } },
			]);
			expect(await all(backend, name)).toEqual({ key: values[winners[0] as number], other: "kept" });
			const [standing] = await listRotations(mapOf([path]), searchAt(backend));
			expect(standing).toMatchObject({
				unfinished: undefined,
				version: (settled[winners[0] as number] as PromiseFulfilledResult<{ newVersion: string }>).value
					.newVersion,
			});
		});

		it("goes on after a kill right after its write, without another one", async () => {
			const { backend, path } = await secret();
			const { backend: mortal, kill } = killable(backend);
			const write: WritableBackend["write"] = async (...args) => {
				const written = await backend.write(...args);
				kill();
				return written;
			};
			const killed = rotate(await targetAt({ ...mortal, write }, path), jobOf({}, "new"));
			await expect(killed).rejects.toBeInstanceOf(Killed);
			const target = await targetAt(backend, path);
			const resumed = await resume(target, jobOf({}));
			expect(resumed.newVersion).toBe(target.current?.version);
			expect((await targetAt(backend, path)).current).toEqual(target.current);
		});

		it("has its schedule and its age beside it", async () => {
			const { backend, path } = await secret();
			await setSchedule(await targetAt(backend, path), 86_400_000, { timeoutMs: 10_000 });
			const [standing] = await listRotations(mapOf([path]), searchAt(backend));
			const age = Date.now() - (standing?.changedAt?.getTime() ?? 0);
			expect(standing).toMatchObject({ everyMs: 86_400_000, isOverdue: false });
			expect(Math.abs(age)).toBeLessThan(60_000);
		});
	},
);

describe.skipIf(ADDRESS === "")("a rotation with the rights of the guide's admin policy", () => {
	it("is made without a record, and says that it can be neither resumed nor rolled back", async () => {
		const policy = 'path "secret/data/rotation/*" { capabilities = ["create", "read", "update", "delete"] }';
		const root = SERVERS.vault?.() as WritableBackend;
		await root.write("rotation/guide", new Map([["key", "old"]]), { replace: true, signal });
		const env = { VAULT_TOKEN: await tokenFor(policy), VAULT_NAMESPACE: "dsta" };
		const backend = keep(openVault(ADDRESS, env));
		const job = jobOf({}, "new");
		await rotate(await targetAt(backend, "rotation/guide/key"), job);
		expect((await targetAt(backend, "rotation/guide/key")).current?.value).toBe("new");
		expect(job.warnings).toEqual([
			expect.stringContaining("neither resumed nor rolled back: Permission denied"),
		]);
	});
});
