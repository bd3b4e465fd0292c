import { createHmac, timingSafeEqual } from "node:crypto";
import express from "express";

// The secret is there: dsta-run would not have started the service otherwise.
const { PORT = 8080, SECRET_KEY } = process.env;

const app = express();
app.get("/healthz", (_request, response) => response.send("ok\n"));
app.get("/reports/:name", ({ params, query }, response) => {
	if (!isSigned(params.name, String(query.signature))) return response.sendStatus(403);
	response.json({ report: params.name });
});

function isSigned(text, signature) {
	const expected = createHmac("sha256", SECRET_KEY).update(text).digest();
	const given = Buffer.from(signature, "hex");
	return given.length === expected.length && timingSafeEqual(given, expected);
}

const server = app.listen(PORT, (error) => {
	if (error) throw error;
	console.log(`listening on port ${PORT}`);
});
// What is asked already gets its answer; dsta-run passes TERM on and ends as this process does.
process.once("SIGTERM", () => server.close(() => console.log("closed")));
