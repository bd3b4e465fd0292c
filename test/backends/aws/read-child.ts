import { createAwsBackend } from "../../../src/backends/aws/aws.ts";
import { DstaError } from "../../../src/errors.ts";
import { parseSecretPath } from "../../../src/secret-path.ts";

const { asNobody, home, settings, timeoutMs } = JSON.parse(process.argv[2] as string);
if (asNobody && process.getuid?.() === 0) process.seteuid?.(65534);

const backend = createAwsBackend({
	env: process.env,
	home,
	cwd: "/",
	paths: [],
	settings: { configured: true, ...settings },
	log: () => undefined,
});

try {
	const request = { path: parseSecretPath("a/b/c"), names: ["C"] };
	const found = await backend?.read(request, AbortSignal.timeout(timeoutMs));
	print(found === undefined ? { absent: true } : { length: String(found.value).length });
} catch (error) {
	if (!(error instanceof DstaError)) throw error;
	const { code, cure, message } = error;
	print({ code, cure, message });
}

// On Node nothing holds the process any more; Bun does not tell of the connections of a search for credentials.
function print(outcome: object): void {
	process.stdout.write(JSON.stringify(outcome), () => ("Bun" in globalThis ? process.exit(0) : undefined));
	backend?.close();
}
