// A sample service: it says which variables it was given, never their values, and works until it is told to stop.
const wanted = [
	"BINANCE_API_KEY",
	"BINANCE_API_SECRET",
	"POSTGRES_HOST",
	"POSTGRES_PORT",
	"POSTGRES_PASSWORD",
	"SECRET_KEY",
];
for (const name of wanted)
	console.log(`service: ${name} is ${process.env[name] === undefined ? "missing" : "set"}`);
if (wanted.some((name) => process.env[name] === undefined)) process.exit(1);

const work = setInterval(() => undefined, 1000);
process.once("SIGTERM", () => {
	console.log("service: got SIGTERM, closing");
	clearInterval(work);
});
console.log("service: ready");
