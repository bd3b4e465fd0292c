import type { Statement } from "../../backends/aws/policy.ts";
import type { VaultPolicy } from "../../backends/vault/policy.ts";
import type { CommandResult, Host } from "../host.ts";
import { usage } from "../mistakes.ts";
import type { CommandLine } from "../options.ts";
import { IAM_LIMITS, lengthForIam, renderIamPolicy } from "../policy/iam-policy.ts";
import { type Job, planForAws, planForVault } from "../policy/plan.ts";
import { nothingFor, type Task, taskOf } from "../policy/task.ts";
import { renderIamResource, renderVaultResource } from "../policy/terraform.ts";
import { renderVaultPolicy } from "../policy/vault-policy.ts";
import { fixLines } from "../report.ts";
import { openSession } from "../session.ts";

/**
 * Prints the policy of Vault or IAM that allows what the map needs, and nothing more. Nobody is asked.
 * @throws {DstaError} DSTA_USAGE there is no such kind, or an option does not go with it · as `openSession`
 */
export async function policy(commandLine: CommandLine, host: Host): Promise<CommandResult> {
	const print = PRINTERS[kindOf(commandLine)];
	const session = await openSession(commandLine, host);
	const task = taskOf(commandLine, session.map);
	return { status: 0, output: print({ options: commandLine.options, host, session }, task) };
}

const PRINTERS = { vault: printForVault, iam: printForIam, terraform: printForTerraform };

function kindOf({ operands: [word = ""], options }: CommandLine): keyof typeof PRINTERS {
	const kind = (Object.keys(PRINTERS) as (keyof typeof PRINTERS)[]).find((one) => one === word);
	if (kind === undefined)
		throw usage("dsta-run policy prints one of vault, iam and terraform", "Write: dsta-run policy vault");
	const { account, caller, kmsKeys } = options;
	const aboutAws = account !== undefined ? "--account" : kmsKeys.length > 0 ? "--kms-key" : undefined;
	if (kind === "vault" && aboutAws !== undefined)
		throw usage(`${aboutAws} is about AWS, and no part of a policy of Vault`, "Leave it out.");
	if (kind !== "iam" && caller)
		throw usage("--caller is for dsta-run policy iam alone", "Leave it out: terraform has both policies.");
	return kind;
}

function printForVault(job: Job, task: Task): string {
	const plan = planForVault(job);
	warnOfFaults(plan, job.host);
	if (plan.stanzas.length > 0) return renderVaultPolicy(plan, task);
	job.host.log("warn", nothingFor(task, "Vault"), { event: "policy.note" });
	return `# ${nothingFor(task, "Vault")}.\n`;
}

function printForIam(job: Job, task: Task): string {
	const { host, options } = job;
	const { access, role } = planForAws(job);
	if (options.caller && role.length === 0)
		throw usage(
			"The map takes on no role: it has no aws.assume_role, or nothing to ask AWS",
			"Leave it out.",
		);
	if (options.caller) return renderIamPolicy(role);
	if (access.length === 0) host.log("warn", nothingFor(task, "AWS"), { event: "policy.note" });
	warnOfRole(role, host);
	warnOfLength(access, host);
	return renderIamPolicy(access);
}

function printForTerraform(job: Job, task: Task): string {
	const { host } = job;
	const { name } = task;
	const plan = planForVault(job);
	const { access, role } = planForAws(job);
	warnOfFaults(plan, host);
	warnOfLength(access, host);
	if (plan.stanzas.length + access.length === 0)
		host.log("warn", nothingFor(task, "Vault or AWS"), { event: "policy.note" });
	const parts = [
		`# What ${task.purpose} needs, and nothing more: ${task.command}\n`,
		plan.stanzas.length === 0 ? `# ${nothingFor(task, "Vault")}.\n` : renderVaultResource(plan, name),
		access.length === 0 ? `# ${nothingFor(task, "AWS")}.\n` : renderIamResource(access, name),
		...(role.length === 0 ? [] : [renderIamResource(role, `${name}-caller`)]),
	];
	return parts.join("\n");
}

function warnOfFaults({ stanzas }: VaultPolicy, host: Host): void {
	for (const { fault, path } of stanzas)
		if (fault !== undefined) warn(host, `the policy leaves out ${path}: ${fault.reason}`, fault.cure);
}

function warnOfRole([role]: readonly Statement[], host: Host): void {
	if (role === undefined) return;
	const cure = "Whoever takes it on needs what dsta-run policy iam --caller prints.";
	warn(host, `this policy is that of the role ${role.Resource[0]}`, cure);
}

function warnOfLength(access: readonly Statement[], host: Host): void {
	const length = lengthForIam(renderIamPolicy(access));
	if (length <= IAM_LIMITS.managed) return;
	warn(
		host,
		`this policy has ${length} characters, and IAM takes ${IAM_LIMITS.managed}, or ${IAM_LIMITS.inline} as a part of a role`,
		"Write paths as a/b#c: then no other secret than a/b is asked for. Or have a map, and a policy, for each part of it.",
	);
}

function warn({ log }: Host, text: string, cure: string): void {
	log("warn", text, { event: "policy.note", lines: fixLines(cure), cure });
}
