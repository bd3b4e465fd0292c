import type { ExportFormat } from "../usage.ts";
import { DOCKER } from "./docker.ts";
import { DOTENV } from "./dotenv.ts";
import { FISH } from "./fish.ts";
import type { Format } from "./format.ts";
import { GITHUB } from "./github.ts";
import { JSON_OBJECT } from "./json.ts";
import { KUBERNETES } from "./kubernetes.ts";
import { POWERSHELL } from "./powershell.ts";
import { SHELL } from "./shell.ts";
import { SYSTEMD } from "./systemd.ts";
import { TFVARS } from "./tfvars.ts";
import { YAML } from "./yaml.ts";

/** Each format by its name. */
export const FORMATS: Readonly<Record<ExportFormat, Format>> = {
	dotenv: DOTENV,
	json: JSON_OBJECT,
	yaml: YAML,
	shell: SHELL,
	fish: FISH,
	powershell: POWERSHELL,
	github: GITHUB,
	systemd: SYSTEMD,
	docker: DOCKER,
	k8s: KUBERNETES,
	tfvars: TFVARS,
};
