import { describe, expect, it } from "vitest";
import { candidateNames } from "../../../src/backends/env/names.ts";
import { BACKEND_NAMES } from "../../../src/backends/registry.ts";
import type { Assigned } from "../../../src/cli/migrate/assigned.ts";
import { assignByMap } from "../../../src/cli/migrate/by-map.ts";
import { assignByName } from "../../../src/cli/migrate/by-name.ts";
import { parseSecretMap } from "../../../src/map/parse.ts";
import { readYaml } from "../../../src/map/yaml.ts";

const SENTINEL = "sentinel-assign-1732";

/** What each variable gets: its path, or the beginning of the reason why it stays. */
function show(assigned: readonly Assigned[]): readonly string[] {
	return assigned.map(({ name, place, reason }) => {
		expect(reason ?? "").not.toContain(SENTINEL);
		return place === undefined ? `${name} ${reason}` : `${name} → ${place.secret} ${place.key}`;
	});
}

describe("without a map a variable goes to the path of the recommended tree", () => {
	it.each([
		["BINANCE_API_KEY", "exchange/binance api_key"],
		["BINANCE_API_SECRET", "exchange/binance api_secret"],
		["GATEIO_API_KEY", "exchange/gateio api_key"],
		["EXCHANGE_NEWCOMER_API_KEY", "exchange/newcomer api_key"],
		["POSTGRES_PASSWORD", "database/postgres password"],
		["POSTGRES_DB", "database/postgres db"],
		["DATABASE_PASSWORD", "database password"],
		["DATABASE_REDIS_PASSWORD", "database/redis password"],
		["REDIS_PASSWORD", "database/redis password"],
		["SECRET_KEY", "app secret_key"],
		["ENCRYPTION_KEY", "app encryption_key"],
		["APP_TOKEN", "app token"],
		["SENTRY_DSN", "monitoring sentry_dsn"],
		["GRAFANA_API_KEY", "monitoring grafana_api_key"],
		["SLACK_WEBHOOK_URL", "notifications slack_webhook_url"],
		["EMAIL_PASSWORD", "notifications email_password"],
		["STRIPE_API_KEY", "app stripe_api_key"],
	])("%s → %s, where the environment would serve it as well", (name, place) => {
		const assigned = assignByName(new Map([[name, SENTINEL]]));
		expect(show(assigned)).toEqual([`${name} → ${place}`]);
		const path = assigned[0]?.place?.path as NonNullable<Assigned["place"]>["path"];
		expect(candidateNames(path, [], false)).toContain(name);
	});

	it.each([
		["DATABASE_URL", "is a URL of several values"],
		["REDIS_URL", "is a URL of several values"],
		["PGPASSWORD", "needs a map to be known as database/postgres/password"],
		["PGSSLMODE", "is a setting of PostgreSQL's client"],
		["TOKEN", "needs a map to be known as app/token"],
		["lower_case", "needs a map to be known as app/lower_case"],
		["NODE_ENV", "is a setting by its name"],
		["VAULT_TOKEN", "is needed to ask the backends"],
		["AWS_SECRET_ACCESS_KEY", "is needed to ask the backends"],
		["NODE_OPTIONS", "changes how programs are found or loaded"],
		["a.b", "is no name of a variable"],
	])("%s stays: it %s", (name, reason) => {
		expect(show(assignByName(new Map([[name, SENTINEL]])))[0]).toMatch(new RegExp(`^${name} ${reason}`));
	});

	it("and two of different values for one path stay both", () => {
		const values = new Map([
			["SECRET_KEY", SENTINEL],
			["APP_SECRET_KEY", `other ${SENTINEL}`],
		]);
		expect(show(assignByName(values))).toEqual([
			"SECRET_KEY SECRET_KEY and APP_SECRET_KEY have different values for one path",
			"APP_SECRET_KEY SECRET_KEY and APP_SECRET_KEY have different values for one path",
		]);
	});
});

describe("by a map a variable goes to the path that a run takes it from", () => {
	it.each<[string, string, Readonly<Record<string, string>>, readonly string[]]>([
		["a name", "a/b/c: X", { X: "v" }, ["X → a/b c"]],
		["a field named outright", "a/b#c.d: X", { X: "v" }, ["X → a/b c.d"]],
		["a pointer to a field", "a/b#/c: X", { X: "v" }, ["X → a/b c"]],
		[
			"a pointer into a field",
			"a/b#/c/d: X",
			{ X: "v" },
			["X goes to a/b#/c/d, which is no field of its own"],
		],
		["a whole secret", "whole: X", { X: "v" }, ["X goes to whole, which is no field of its own"]],
		["one of several names", "a/b/c: [X, Y]", { Y: "v" }, ["Y → a/b c"]],
		["several names of one value", "a/b/c: [X, Y]", { X: "v", Y: "v" }, ["X → a/b c", "Y → a/b c"]],
		[
			"several names of different values",
			"a/b/c: [X, Y]",
			{ X: "v", Y: "w" },
			["X X and Y have different", "Y X and Y have different"],
		],
		[
			"two entries for one field",
			"a/b/c: X\na/b#c: Y",
			{ X: "v", Y: "w" },
			["X X and Y have different", "Y X and Y have different"],
		],
		["the name of its path", "a/b/c: X", { B_C: "v" }, ["B_C → a/b c"]],
		[
			"the name of its path behind its own",
			"a/b/c: X",
			{ X: "v", B_C: "w" },
			["X → a/b c", "B_C is in no line of the map"],
		],
		["a type that fits", "a/b/c: { env: X, type: port }", { X: "80" }, ["X → a/b c"]],
		[
			"a type that does not fit",
			"a/b/c: { env: X, type: port }",
			{ X: SENTINEL },
			["X fits no run: The value of a/b/c for X is not a port"],
		],
		["an encoding", "a/b/c: { env: X, decode: base64 }", { X: "dg==" }, ["X → a/b c"]],
		["a NUL", "a/b/c: X", { X: `${SENTINEL}\0` }, ["X holds a NUL character"]],
		[
			"a file",
			"a/b/c: { env: X, as: file }",
			{ X: "/run/x" },
			["X holds the path of a file, whose content goes there by dsta-run put a/b KEY=@FILE"],
		],
		["another backend", "a/b/c: { env: X, backend: env }", { X: "v" }, ["X is read at env alone"]],
		["a chain with the target", "a/b/c: { env: X, chain: [aws, vault] }", { X: "v" }, ["X → a/b c"]],
		[
			"a map without the target",
			"chain: [aws, env]\nsecrets: { a/b/c: X }",
			{ X: "v" },
			["X is read at aws and env alone"],
		],
		["a pinned version", "a/b/c: { env: X, version: 3 }", { X: "v" }, ["X is read in version 3"]],
		[
			"a mount of its own",
			"a/b/c: { env: X, vault: { mount: kv } }",
			{ X: "v" },
			["X is read with a mount of its own at vault"],
		],
		["a region of its own elsewhere", "a/b/c: { env: X, aws: { region: r } }", { X: "v" }, ["X → a/b c"]],
		[
			"a wildcard",
			"a/b/*: B_*",
			{ B_API_KEY: "v", A_B_X: "w" },
			["B_API_KEY → a/b api_key", "A_B_X → a/b x"],
		],
		[
			"a wildcard beside a line",
			"a/b/*: B_*\nx/y/z: B_Z",
			{ B_Z: "v", B_Y: "w" },
			["B_Z → x/y z", "B_Y → a/b y"],
		],
		["a wildcard that changes its case", "a/b/*: B_*", { B_x: "v" }, ["B_x would come back as B_X by B_*"]],
		["the nearer of two wildcards", "a/*: A_*\nb/*: A_B_*", { A_B_C: "v" }, ["A_B_C → b c"]],
		["two wildcards alike", "a/x/*: P_*\na/y/*: P_*", { P_C: "v" }, ["P_C could go to a/x/* and to a/y/*"]],
		[
			"a wildcard that may not load",
			"a/b/*: GIT_*",
			{ GIT_SSH: "v" },
			["GIT_SSH changes how programs are loaded"],
		],
		[
			"a wildcard of everything",
			'a/b/*: "*"',
			{ SOME_KEY: "v", NODE_ENV: "x", VAULT_TOKEN: SENTINEL },
			["SOME_KEY → a/b some_key", "NODE_ENV is a setting", "VAULT_TOKEN is needed"],
		],
		[
			"a template",
			"templates: { X: 'a$${a/b/c}' }",
			{ X: "v", B_C: "w" },
			["B_C → a/b c", "X is made of other secrets"],
		],
		["no line", "a/b/c: X", { Y: "v" }, ["Y is in no line of the map"]],
	])("of %s", (_, text, variables, expected) => {
		const map = parseSecretMap(text.replaceAll("$$", "$"), {
			file: "map",
			backends: BACKEND_NAMES,
			readRoot: readYaml,
		});
		const assigned = assignByMap(new Map(Object.entries(variables)), {
			map,
			target: "vault",
			takesRest: true,
		});
		const shown = show(assigned);
		expect(shown.map((line, index) => line.slice(0, expected[index]?.length))).toEqual(expected);
	});

	it("of a wildcard of everything not from a whole environment", () => {
		const map = parseSecretMap('a/b/*: "*"', { file: "map", backends: BACKEND_NAMES, readRoot: readYaml });
		const values = new Map([
			["SOME_KEY", "v"],
			["A_B_KEY", "v"],
		]);
		expect(show(assignByMap(values, { map, target: "vault", takesRest: false }))).toEqual([
			"SOME_KEY is in no line of the map",
			"A_B_KEY → a/b key",
		]);
	});
});
