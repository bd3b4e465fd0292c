import { describe } from "vitest";
import { KEYS } from "../backends/aws/backend.ts";
import { refusal, startFakeAws } from "../backends/aws/fake-aws.ts";
import { ask, motoAddress } from "../backends/aws/moto.ts";
import type { Context } from "./context.ts";
import { describeBackend } from "./suite.ts";

const contextAt = (address: string): Context => ({ env: { ...KEYS, AWS_ENDPOINT_URL: address } });
const known = new Set<string>();

describe.skipIf(motoAddress() === "")("on a real server", () => {
	describeBackend({
		backend: "aws",
		form: "Secrets Manager",
		holds: "json",
		unknownVersions: ["11111111-2222-3333-4444-555555555555", "AWSPENDING", 99, "99"],
		context: (address = motoAddress()) => contextAt(address),
		async store(secret, json) {
			const Name = `dsta/${secret}`;
			const { VersionId } = known.has(Name)
				? await ask<{ VersionId: string }>("PutSecretValue", { SecretId: Name, SecretString: json })
				: await ask<{ VersionId: string }>("CreateSecret", { Name, SecretString: json });
			known.add(Name);
			return VersionId;
		},
		async remove(secret) {
			await ask("DeleteSecret", { SecretId: `dsta/${secret}` });
		},
		server: {
			address: motoAddress(),
			// The real server of the tests takes any keys.
			async refused() {
				const aws = await startFakeAws(() => refusal("UnrecognizedClientException"));
				return { ...contextAt(aws.url), [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() };
			},
		},
		writing: {
			prefix: "dsta/",
			async load(secret) {
				const { SecretString } = await ask<{ SecretString: string }>("GetSecretValue", {
					SecretId: `dsta/${secret}`,
				});
				return SecretString;
			},
		},
	});
});
