import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** A service of compose.yaml, as far as it is used there. */
export interface Service {
	readonly image?: string;
	readonly build?: { readonly context: string; readonly dockerfile: string };
	readonly environment: Readonly<Record<string, string>>;
	readonly entrypoint?: readonly string[];
	readonly command?: readonly string[];
	readonly healthcheck?: { readonly test: readonly string[] };
}

export const COMPOSE_FILE: string = new URL("../../examples/docker/compose.yaml", import.meta.url).pathname;

/** The services of the example, with the defaults of the variables that they take from the environment. */
export function readServices(): Readonly<Record<"api-server" | "openbao" | "seed", Service>> {
	const text = readFileSync(COMPOSE_FILE, "utf8");
	return parse(text.replace(/\$\{\w+:-([^}]*)\}/g, "$1")).services;
}
