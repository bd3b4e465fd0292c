import { isLoaderVariable } from "../map/expand.ts";
import { isName } from "../map/names.ts";

/** Where a variable belongs by its name, or why it is none to move. */
export type Suggestion =
	| { readonly path: string }
	| {
			readonly why: string;
			/** What to do in place of it. */
			readonly instead: string;
	  };

const EXCHANGES =
	"binance|bitfinex|bitget|bitmex|bitstamp|bybit|coinbase|deribit|ftx|gateio|gemini|htx|huobi|kraken|kucoin|mexc|okx";
const DATABASES = "postgres|postgresql|redis|mysql|mariadb|mongo|mongodb|clickhouse";
const MONITORING = "sentry|grafana|datadog|prometheus|pagerduty|newrelic";
const NOTIFICATIONS = "slack|email|smtp|telegram|discord|twilio|sendgrid|mailgun";

/** The tree of folders that is recommended, by what a name begins with; a name of no other rule belongs to the app. */
const RULES: readonly (readonly [RegExp, (first: string, rest: string) => string])[] = [
	[/^exchange_([a-z0-9]+)_(.+)$/, (name, field) => `exchange/${name}/${field}`],
	[new RegExp(`^(?:database_)?(${DATABASES})_(.+)$`), (name, field) => `database/${name}/${field}`],
	[/^(database|app|monitoring|notifications)_(.+)$/, (folder, field) => `${folder}/${field}`],
	[new RegExp(`^(${EXCHANGES})_(.+)$`), (name, field) => `exchange/${name}/${field}`],
	[/^(pg)(host|port|user|password|database)$/, (_, field) => `database/postgres/${field}`],
	[new RegExp(`^(${MONITORING})(_.+)$`), (name, rest) => `monitoring/${name}${rest}`],
	[new RegExp(`^(${NOTIFICATIONS})(_.+)$`), (name, rest) => `notifications/${name}${rest}`],
	[/^([a-z_])(.*)$/, (first, rest) => `app/${first}${rest}`],
];

/** The path that the recommended tree has for a variable: BINANCE_API_KEY is `exchange/binance/api_key`. */
export function suggestPath(variable: string): Suggestion {
	if (!isName(variable))
		return {
			why: "is no name of a variable (letters, digits and _, no digit first)",
			instead: "rename it where it is set and where it is read",
		};
	const exception = EXCEPTIONS.find(({ isMeant }) => isMeant(variable));
	if (exception !== undefined) return exception;
	const name = variable.toLowerCase();
	for (const [pattern, toPath] of RULES) {
		const [, first, rest] = pattern.exec(name) ?? [];
		if (first !== undefined && rest !== undefined) return { path: toPath(first, rest) };
	}
	return { path: `app/${name}` };
}

const EXCEPTIONS: readonly (Suggestion & { readonly why: string; isMeant(name: string): boolean })[] = [
	{
		isMeant: (name) => /^(?:VAULT|BAO|AWS|DSTA)_/.test(name),
		why: "is needed to ask the backends, or is read by their own tools",
		instead: "leave it where it is",
	},
	{
		isMeant: isLoaderVariable,
		why: "changes how programs are found or loaded",
		instead: "leave it where it is, or name it in the map if it is a secret all the same",
	},
	{
		isMeant: (name) =>
			new RegExp(`(?:^|_)DATABASE_(?:URL|URI|DSN)$|^(?:${DATABASES})_(?:URL|URI|DSN)$`, "i").test(name),
		why: "is a URL of several values, which have a path each",
		instead: "make it of them in templates: of the map, or name it in the map as it is",
	},
	{
		isMeant: (name) =>
			/^(?:(?:NODE|APP|RAILS|RACK|FLASK|GO)_ENV|(?:APP_)?(?:PORT|HOST|DEBUG|ENV|ENVIRONMENT)|LOG_(?:LEVEL|FORMAT)|TZ|LANG|LANGUAGE|LC_.*|HOME|USER|LOGNAME|PWD|TERM|TMPDIR|CI|DJANGO_SETTINGS_MODULE|PYTHONUNBUFFERED)$/.test(
				name,
			),
		why: "is a setting by its name, no secret",
		instead: "leave it where it is, or name it in the map if it is a secret all the same",
	},
	{
		isMeant: (name) => /^PG/.test(name) && !/^PG(?:HOST|PORT|USER|PASSWORD|DATABASE)$/.test(name),
		why: "is a setting of PostgreSQL's client",
		instead: "leave it where it is, or name it in the map if it is a secret all the same",
	},
];
