import { describe, expect, it } from "vitest";
import type { WritableBackend } from "../../../src/backends/backend.ts";
import { assignByName } from "../../../src/cli/migrate/by-name.ts";
import { carryOut } from "../../../src/cli/migrate/carry-out.ts";
import { makePlan } from "../../../src/cli/migrate/plan.ts";
import { DstaError } from "../../../src/errors.ts";

const SENTINEL = "sentinel-carry-2236";
const deadline = () => AbortSignal.timeout(5_000);
const VARIABLES = new Map([
	["BINANCE_API_KEY", SENTINEL],
	["GATEIO_API_KEY", SENTINEL],
	["KRAKEN_API_KEY", SENTINEL],
]);

/** A backend in memory, which may do something else at the write of a secret. */
function backendOf(at: Readonly<Record<string, (fields: Map<string, string>) => void>> = {}) {
	const secrets = new Map<string, Map<string, string>>();
	const writes: string[] = [];
	const backend = {
		name: "vault",
		locations: ({ path }) => [path.text],
		async read({ path: { secret, selector } }) {
			const fields = secrets.get(secret);
			const value =
				selector.kind === "field" ? fields?.get(selector.key) : fields && Object.fromEntries(fields);
			return value === undefined ? undefined : { value, location: secret };
		},
		async write(secret, fields) {
			writes.push(secret);
			const own = new Map(fields);
			at[secret]?.(own);
			secrets.set(secret, own);
			return { location: secret, created: true, fields: [...own.keys()] };
		},
	} as Partial<WritableBackend> as WritableBackend;
	return { backend, writes };
}

async function carry(at: Parameters<typeof backendOf>[0]) {
	const { backend, writes } = backendOf(at);
	const plan = await makePlan(assignByName(VARIABLES), backend, { force: false, signal: deadline() });
	const { errors, verified } = await carryOut(plan, backend, { force: false, deadline });
	expect(errors.map(({ message, cure }) => message + cure).join()).not.toContain(SENTINEL);
	return { errors, verified: [...verified].map(({ name }) => name), writes };
}

const failure = (code: "DSTA_DENIED" | "DSTA_UNAVAILABLE") => () => {
	throw new DstaError(code, "failed", { cure: "none" });
};

describe("to carry out a plan", () => {
	it("counts only what reads back as it was written", async () => {
		const { errors, verified } = await carry({
			"exchange/gateio": (fields) => fields.set("api_key", "changed"),
		});
		expect(verified).toEqual(["BINANCE_API_KEY", "KRAKEN_API_KEY"]);
		expect(errors).toMatchObject([
			{
				code: "DSTA_CONFLICT",
				message: "exchange/gateio/api_key does not hold what was written to exchange/gateio/api_key",
			},
		]);
	});

	it("goes on after a write that is refused", async () => {
		const { errors, verified, writes } = await carry({ "exchange/gateio": failure("DSTA_DENIED") });
		expect(writes).toEqual(["exchange/binance", "exchange/gateio", "exchange/kraken"]);
		expect({ verified, codes: errors.map(({ code }) => code) }).toEqual({
			verified: ["BINANCE_API_KEY", "KRAKEN_API_KEY"],
			codes: ["DSTA_DENIED"],
		});
	});

	it("asks a backend no more that cannot be reached", async () => {
		const { verified, writes } = await carry({ "exchange/gateio": failure("DSTA_UNAVAILABLE") });
		expect(writes).toEqual(["exchange/binance", "exchange/gateio"]);
		expect(verified).toEqual(["BINANCE_API_KEY"]);
	});
});
