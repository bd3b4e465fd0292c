import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { schemaText } from "../../src/cli/commands/schema.ts";
import { IS_PREPARED, PREPARED } from "../examples/prepared.ts";

interface Message {
	readonly id?: number;
	readonly method?: string;
	readonly params?: Record<string, unknown>;
	readonly result?: unknown;
}

interface Editor {
	/** What the language server says of a map, as `line:column message`, from 0. */
	complaintsOf(text: string): Promise<readonly string[]>;
	/** What it offers at the end of the map that was opened last. */
	offers(): Promise<readonly string[]>;
	close(): void;
}

/** The YAML language server, as an editor uses it, in a folder with the schema. */
async function startEditor(): Promise<Editor> {
	const folder = mkdtempSync(join(tmpdir(), "dsta-run-editor-"));
	writeFileSync(join(folder, "schema.json"), schemaText());
	const program = join(PREPARED, "node/node_modules/yaml-language-server/bin/yaml-language-server");
	const server = spawn(process.execPath, [program, "--stdio"], { stdio: ["pipe", "pipe", "ignore"] });
	const listeners = new Set<(message: Message) => void>();
	const send = (message: Message) => {
		const text = JSON.stringify({ jsonrpc: "2.0", ...message });
		server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
	};
	let rest = Buffer.alloc(0);
	server.stdout.on("data", (chunk: Buffer) => {
		rest = Buffer.concat([rest, chunk]);
		for (;;) {
			const [head, length] = /^[\s\S]*?Content-Length: (\d+)\r\n\r\n/.exec(rest.toString("latin1")) ?? [];
			const end = (head?.length ?? 0) + Number(length);
			if (head === undefined || rest.length < end) return;
			const message: Message = JSON.parse(rest.subarray(head.length, end).toString());
			rest = rest.subarray(end);
			// It asks for settings, of which there are none.
			if (message.method !== undefined && message.id !== undefined) send({ id: message.id, result: [] });
			for (const listen of listeners) listen(message);
		}
	});
	const answer = <Found>(find: (message: Message) => Found | undefined) =>
		new Promise<Found>((resolve) => {
			const listen = (message: Message) => {
				const found = find(message);
				if (found === undefined) return;
				listeners.delete(listen);
				resolve(found);
			};
			listeners.add(listen);
		});
	let count = 0;
	const ask = (method: string, params: Record<string, unknown>) => {
		const id = ++count;
		const answered = answer((message) =>
			message.id === id && message.method === undefined ? message : undefined,
		);
		send({ id, method, params });
		return answered;
	};
	await ask("initialize", { processId: process.pid, rootUri: null, capabilities: {} });
	send({ method: "initialized", params: {} });
	let opened = { uri: "", text: "" };
	return {
		async complaintsOf(map) {
			const uri = `file://${folder}/${++count}.yaml`;
			const text = `# yaml-language-server: $schema=schema.json\n${map}`;
			opened = { uri, text };
			const published = answer(({ method, params }) =>
				method === "textDocument/publishDiagnostics" && params?.uri === uri
					? (params.diagnostics as {
							range: { start: { line: number; character: number } };
							message: string;
						}[])
					: undefined,
			);
			send({
				method: "textDocument/didOpen",
				params: { textDocument: { uri, languageId: "yaml", version: 1, text } },
			});
			return (await published).map(
				({ message, range: { start } }) => `${start.line}:${start.character} ${message}`,
			);
		},
		async offers() {
			const lines = opened.text.split("\n");
			const position = { line: lines.length - 1, character: lines.at(-1)?.length };
			const { result } = await ask("textDocument/completion", {
				textDocument: { uri: opened.uri },
				position,
			});
			return (result as { items: { label: string }[] }).items.map(({ label }) => label);
		},
		close: () => void server.kill(),
	};
}

describe.skipIf(!IS_PREPARED)("an editor with the schema", () => {
	let editor: Editor;
	beforeAll(async () => {
		editor = await startEditor();
	});
	afterAll(() => editor?.close());

	it.each([
		"exchange/binance/api_key: BINANCE_API_KEY\nexchange/gateio/*: GATEIO_*\n",
		`secrets:\n  a/b: { env: A, type: port, default: 5432 }\ntemplates:\n  URL: x\${a/b|url}\n`,
		"version: 1\nrun: { kill_after: 30s, signals: { TERM: QUIT } }\nsecrets: {}\n",
	])("has nothing to say of %j", async (map) => {
		expect(await editor.complaintsOf(map)).toEqual([]);
	});

	it.each([
		["a/b: { env: A, tpye: port }", "1:15 Property tpye is not allowed."],
		["secrets:\n  a/b: { env: A, type: prot }", '2:23 Value is not accepted. Valid values: "string", "int"'],
		["a/b: 1NAME", "1:5 String does not match the pattern of"],
		["secrets: {}\nvault: { auth: { method: approel } }", "2:25 Value is not accepted. Valid values:"],
		["a/b: NAME\nchain: [vault]", "2:8 String does not match the pattern of"],
	])("says of %j what is wrong, and where", async (map, complaint) => {
		const [first] = await editor.complaintsOf(map);
		expect(first).toContain(complaint);
	});

	it("offers the keys that may follow", async () => {
		await editor.complaintsOf("secrets: {}\nrun:\n  ");
		expect(await editor.offers()).toEqual(expect.arrayContaining(["mode", "kill_after", "on_change"]));
	});
});
