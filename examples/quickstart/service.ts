// A sample service: it says which variables it was given, never their values.
const wanted = [
	"BINANCE_API_KEY",
	"BINANCE_API_SECRET",
	"POSTGRES_HOST",
	"POSTGRES_PORT",
	"POSTGRES_PASSWORD",
	"SECRET_KEY",
];
for (const name of wanted) {
	const value = process.env[name];
	console.log(`service: ${name} ${value === undefined ? "is missing" : `has ${value.length} characters`}`);
}
process.exitCode = wanted.every((name) => process.env[name] !== undefined) ? 0 : 1;
