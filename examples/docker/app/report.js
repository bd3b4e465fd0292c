// A sample job: it says which secrets it has, never their values, and ends.
const wanted = ["BINANCE_API_KEY", "BINANCE_API_SECRET", "POSTGRES_HOST", "POSTGRES_PASSWORD"];
console.log(`reported, with ${wanted.filter((name) => process.env[name]).join(" ")}`);
