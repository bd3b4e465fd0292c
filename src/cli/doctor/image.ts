import { readFileSync } from "node:fs";
import { listNames } from "../report.ts";
import { isInContainer } from "./container.ts";
import type { Look } from "./look.ts";
import type { Patient } from "./patient.ts";

const LOGINS = [
	"VAULT_TOKEN",
	"BAO_TOKEN",
	"VAULT_SECRET_ID",
	"BAO_SECRET_ID",
	"AWS_SECRET_ACCESS_KEY",
	"AWS_SESSION_TOKEN",
];

/** Whether the container was given a login in its environment, where an image or its inspection shows it. */
export function lookAtImage({ host: { env } }: Patient): Look {
	return {
		check: "image",
		look() {
			if (!isInContainer()) return [];
			const given = environmentOfInit();
			if (given === undefined)
				return [
					{ severity: "info", message: "what the container was given in its environment cannot be seen" },
				];
			const found = LOGINS.filter((name) => given.has(name) && env[name]);
			if (found.length === 0)
				return [{ severity: "ok", message: "the container was given no login in its environment" }];
			return [
				{
					severity: "warning",
					message: `the container was given ${listNames(found)} in its environment: docker inspect shows it, and if it is an ENV of the image, whoever has the image`,
					cure: "Take it out of the Dockerfile and give it a new value. Let the container log in by what the platform gives it: vault.auth with kubernetes, aws or a token_file, or an IAM role.",
				},
			];
		},
	};
}

function environmentOfInit(): ReadonlySet<string> | undefined {
	try {
		const words = readFileSync("/proc/1/environ", "latin1").split("\0");
		return new Set(words.map((word) => word.slice(0, word.indexOf("="))));
	} catch {
		return undefined;
	}
}
