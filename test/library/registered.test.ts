import { describe, expect, it } from "vitest";
import {
	type CustomBackend,
	checkSecretBackend,
	DstaError,
	type ReadRequest,
	type Revision,
	registerBackend,
	SecretManager,
	type SecretManagerOptions,
	type WritableBackend,
} from "../../src/index.ts";
import { complete } from "../../src/library/registered.ts";
import { parseSecretPath } from "../../src/secret-path.ts";

const { signal } = new AbortController();

function manage(options: SecretManagerOptions): SecretManager {
	return new SecretManager({ env: {}, envFile: false, onWarning: () => undefined, ...options });
}

const SHELF: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	"exchange/binance": { api_key: "k", api_secret: "s" },
};

registerBackend("shelf", () => ({
	async read({ path: { secret, selector } }) {
		const fields = SHELF[secret];
		if (fields === undefined) return undefined;
		if (selector.kind === "all") return { value: fields, location: secret };
		const value = selector.kind === "field" ? fields[selector.key] : undefined;
		return value === undefined ? undefined : { value, location: secret };
	},
}));

describe("a backend of a user's own", () => {
	it("is asked by its name, alone and in a chain", async () => {
		expect(await manage({ backend: "shelf" }).getSecret("exchange/binance/api_key")).toBe("k");
		const manager = manage({ chain: ["shelf", "env"], env: { GATEIO_API_KEY: "g" } });
		expect(manager.backendName).toBe("shelf");
		expect(await manager.getSecret("exchange/gateio/api_key")).toBe("g");
		expect(await manager.getSecrets("exchange/binance")).toEqual({ api_key: "k", api_secret: "s" });
	});

	it("is available unless its own check says something else", async () => {
		expect(await manage({ backend: "shelf" }).backend.isAvailable()).toBe(true);
	});

	it("says in the chain's words that it does not have a secret", async () => {
		await expect(manage({ backend: "shelf" }).getSecret("a/b/c")).rejects.toMatchObject({
			code: "DSTA_NOT_FOUND",
			message: "Secret not found: a/b/c (shelf has nothing at a/b/c)",
			cure: "Put a/b/c into shelf, or give it a default.",
		});
	});

	it("is passed over where it fails with an error of its own, whose words are not shown", async () => {
		registerBackend("broken", () => ({
			read: async () => {
				throw new TypeError("sentinel-token-4711");
			},
		}));
		const warnings: string[] = [];
		const manager = manage({
			chain: ["broken", "env"],
			env: { A_B_C: "v" },
			onWarning: (message) => warnings.push(message),
		});
		expect(await manager.getSecret("a/b/c")).toBe("v");
		expect(warnings).toEqual(["broken not available: it failed with TypeError; the next backend is asked"]);
	});

	it("stops the chain where it throws a DstaError that does", async () => {
		registerBackend("closed", () => ({
			read: async () => {
				throw new DstaError("DSTA_DENIED", "no", { cure: "ask" });
			},
		}));
		await expect(
			manage({ chain: ["closed", "env"], env: { A_B_C: "v" } }).getSecret("a/b/c"),
		).rejects.toMatchObject({
			code: "DSTA_DENIED",
		});
	});

	it("is skipped where its factory says that nothing configures it, and an error where it is the only one", async () => {
		registerBackend("absent", ({ env }) =>
			env.ABSENT_URL === undefined ? undefined : ({} as CustomBackend),
		);
		expect(await manage({ chain: ["absent", "env"], env: { A_B_C: "v" } }).getSecret("a/b/c")).toBe("v");
		await expect(manage({ backend: "absent" }).getSecret("a/b/c")).rejects.toMatchObject({
			code: "DSTA_CONFIG",
			message: "a/b/c asks for absent, which is not configured",
		});
	});

	it("may be an object of a class, and is closed with its manager", async () => {
		class Vaultlet implements CustomBackend {
			readonly #values = new Map([["a/b", "v"]]);
			isClosed = false;
			async read({ path }: Parameters<CustomBackend["read"]>[0]) {
				const value = this.#values.get(path.secret);
				return value === undefined ? undefined : { value, location: path.secret };
			}
			close() {
				this.isClosed = this.#values.size > 0;
			}
		}
		const made = new Vaultlet();
		registerBackend("classy", () => made);
		const manager = manage({ backend: "classy" });
		expect(await manager.getSecret("a/b/c")).toBe("v");
		await manager.close();
		expect(made.isClosed).toBe(true);
	});

	it("may tell whether a path has changed, and fails in our words there too", async () => {
		class Counting implements CustomBackend {
			readonly #count = 3;
			read = async () => undefined;
			async revision({ path }: ReadRequest): Promise<Revision> {
				if (path.secret !== "a/b") throw new TypeError("s3ntinel");
				return { kind: "known", text: String(this.#count) };
			}
		}
		const { revision } = complete("counting", new Counting());
		const ask = (path: string) => revision?.({ path: parseSecretPath(path), names: [] }, signal);
		expect(await ask("a/b/c")).toEqual({ kind: "known", text: "3" });
		await expect(ask("x/y/z")).rejects.toMatchObject({
			code: "DSTA_UNAVAILABLE",
			message: "counting not available: it failed with TypeError",
		});
		expect(complete("silent", { read: async () => undefined })).not.toHaveProperty("revision");
	});

	it.each([
		["check", undefined, (own: WritableBackend) => own.check(signal)],
		["write", "a/b", (own: WritableBackend) => own.write("a/b", new Map(), { replace: false, signal })],
		["list", "a", (own: WritableBackend) => own.list("a", signal)],
		["versions", "a/b", (own: WritableBackend) => own.versions?.("a/b", signal)],
		["annotations", "a/b", (own: WritableBackend) => own.annotations?.write("a/b", new Map(), signal)],
	])("fails in our words where its %s does not", async (_, path, ask) => {
		const fail = async (): Promise<never> => {
			throw new TypeError("s3ntinel");
		};
		const annotations = { read: fail, write: fail };
		const custom = { read: fail, check: fail, write: fail, list: fail, versions: fail, annotations };
		await expect(ask(complete("failing", custom) as WritableBackend)).rejects.toMatchObject({
			code: "DSTA_UNAVAILABLE",
			message: "failing not available: it failed with TypeError",
			path,
		});
	});

	it("is unavailable where its factory or its check fails, and where it was given as an object", async () => {
		const read = async () => undefined;
		const fail = (): never => {
			throw new TypeError("s3ntinel");
		};
		registerBackend("unmade", fail);
		registerBackend("unchecked", () => ({ read, check: async () => fail() }));
		const given = { ...complete("given", { read }), check: async () => fail() };
		for (const backend of ["unmade", "unchecked", given]) {
			const name = typeof backend === "string" ? backend : backend.name;
			const error = `${name} not available: it failed with TypeError`;
			expect(await checkSecretBackend({ backend })).toEqual({ status: "unhealthy", backend: name, error });
			expect(await manage({ backend }).backend.isAvailable()).toBe(false);
		}
		const manager = manage({ chain: ["unmade", "env"], env: { A_B_C: "v" } });
		expect(await manager.getSecret("a/b/c")).toBe("v");
	});

	it("gives back what it has lent, at the end of its manager", async () => {
		const ends: string[] = [];
		registerBackend("lender", () => ({
			read: async ({ path }) => ({ value: "v", location: path.secret }),
			release: async () => void ends.push("released"),
			close: () => void ends.push("closed"),
		}));
		const manager = manage({ backend: "lender" });
		expect(await manager.getSecret("a/b/c")).toBe("v");
		await manager.close();
		expect(ends).toEqual(["released", "closed"]);
	});

	it.each(["vault", "shelf", "", "Upper", "__proto__"])("cannot be called %j", (name) => {
		expect(() => registerBackend(name, () => undefined)).toThrow(
			expect.objectContaining({ code: "DSTA_USAGE" }),
		);
	});
});
