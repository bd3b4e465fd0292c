import { shellWord } from "../../backends/shell.ts";
import type { Stanza, VaultPolicy } from "../../backends/vault/policy.ts";
import { prefixLines, quoteHcl } from "./hcl.ts";
import type { Task } from "./task.ts";

/** The text of a policy of Vault, as `vault policy write` takes it. */
export function renderVaultPolicy(policy: VaultPolicy, task: Task): string {
	const { namespace } = policy;
	const head = [
		`What ${task.purpose} asks Vault for, and nothing more: for a token that has the default policy as well.`,
		`${task.command} | VAULT_NAMESPACE=${shellWord(namespace)} vault policy write ${task.name} -`,
	];
	return `${prefixLines(head.join("\n"), "# ")}\n${renderStanzas(policy)}`;
}

/** The stanzas alone, with what there is to say of them. */
export function renderStanzas({ assumed, namespace, stanzas }: VaultPolicy): string {
	const notes = assumed.map(
		(mount) =>
			`# ${mount}/ is taken for version 2 of the KV engine, since nobody is asked: kv: 1 in the map says otherwise.\n`,
	);
	const groups = Map.groupBy(stanzas, (stanza) => stanza.namespace);
	const parts = [...groups].map(([name, group]) => {
		const title =
			name === namespace ? "" : `\n# In ${name === "" ? "the root namespace" : `the namespace ${name}`}:\n`;
		return title + group.map((stanza) => `\n${renderStanza(stanza)}`).join("");
	});
	return notes.join("") + parts.join("");
}

function renderStanza({ capabilities, fault, path }: Stanza): string {
	const words = capabilities.map((word) => quoteHcl(word)).join(", ");
	const stanza = `path ${quoteHcl(path)} {\n  capabilities = [${words}]\n}\n`;
	return fault === undefined ? stanza : `# Left out: ${fault.reason}.\n${prefixLines(stanza, "# ")}`;
}
