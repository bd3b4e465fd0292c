import { spawn, spawnSync } from "node:child_process";
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmdirSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { childrenOf } from "./launch.ts";

const BOOT: string = new URL("systemd.sh", import.meta.url).pathname;
const POLL_MS = 20;

type Properties = Readonly<Record<string, string>>;

/** A real systemd, which knows the units of a folder and no others. */
export interface Systemd {
	/** The folder, which its units see as the tests do; they work in there. */
	readonly folder: string;
	/** Writes files into the folder, and has units among them read. */
	write(files: Properties): void;
	/** Runs a program beside the units and waits for its end. */
	run(file: string, ...args: readonly string[]): { readonly status: number | null; readonly stderr: string };
	/** Calls systemctl, which waits until a unit is started or stopped, and tells its status. */
	systemctl(...args: readonly string[]): number | null;
	/** What systemd says of a unit. */
	show(unit: string, ...names: readonly string[]): Properties;
	/** Resolves when systemd says so of a unit. */
	became(unit: string, properties: Properties): Promise<void>;
	/** All that a unit has written. */
	output(unit: string): string;
	/** Resolves when a unit has written a text. */
	wrote(unit: string, text: string): Promise<void>;
	stop(): Promise<void>;
}

/** Why systemd cannot be started here; `undefined` where it can. */
export function whyNoSystemd(): string | undefined {
	if (!existsSync("/lib/systemd/systemd")) return "systemd is not installed";
	const { status, stderr, stdout } = spawnSync("sh", [BOOT, makeFolder(), "true"], { encoding: "utf8" });
	removeGroup(stdout.trim());
	return status === 0 ? undefined : `no namespaces for it: ${stderr.trim()}`;
}

/** Starts systemd. */
export async function startSystemd(): Promise<Systemd> {
	const folder = makeFolder();
	const writeFiles = (files: Properties) => {
		for (const [name, text] of Object.entries(files)) {
			mkdirSync(dirname(join(folder, name)), { recursive: true });
			writeFileSync(join(folder, name), text);
		}
	};
	writeFiles(baseIn(folder));
	const boot = spawn("sh", [BOOT, folder], { stdio: ["ignore", "pipe", "ignore"] });
	const ended = new Promise((resolve) => boot.once("close", resolve));
	const group = await new Promise<string>((resolve) =>
		boot.stdout.once("data", (text) => resolve(String(text).trim())),
	);
	const init = () => childrenOf(boot.pid)[0];
	// It takes systemd with it.
	const kill = () => boot.kill("SIGKILL");
	process.once("exit", kill);
	const run = (...command: readonly string[]) => {
		const pid = init();
		if (pid === undefined) throw new Error("systemd has ended");
		return spawnSync("nsenter", ["--target", String(pid), "--all", ...command], { encoding: "utf8" });
	};
	const show = (unit: string, ...names: readonly string[]) => {
		const { stdout } = run("systemctl", "show", unit, `--property=${names.join()}`);
		return Object.fromEntries([...stdout.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
	};
	const output = (unit: string) => {
		const file = join(folder, `${unit}.output`);
		return existsSync(file) ? readFileSync(file, "utf8") : "";
	};
	await until(() => init() !== undefined);
	await until(() => run("systemctl", "is-active", "test.target").status === 0);
	return {
		folder,
		run,
		write(files) {
			writeFiles(files);
			run("systemctl", "daemon-reload");
		},
		systemctl: (...args) => run("systemctl", ...args).status,
		show,
		became: (unit, properties) =>
			until(() => {
				const found = show(unit, ...Object.keys(properties));
				return Object.entries(properties).every(([name, value]) => found[name] === value);
			}),
		output,
		wrote: (unit, text) => until(() => output(unit).includes(text)),
		async stop() {
			process.off("exit", kill);
			const pid = init();
			if (pid !== undefined) process.kill(pid, "SIGKILL");
			await ended;
			removeGroup(group);
		},
	};
}

function makeFolder(): string {
	return mkdtempSync(join(tmpdir(), "dsta-run-systemd-"));
}

/** The targets that units belong to without saying so, and where services work and write. */
function baseIn(folder: string): Properties {
	const targets = ["test", "sysinit", "basic", "shutdown", "sockets"].map((name) => `${name}.target`);
	const service = [
		"[Service]",
		`Environment="PATH=${process.env.PATH}"`,
		`WorkingDirectory=${folder}`,
		`StandardOutput=append:${folder}/%N.output`,
		`StandardError=append:${folder}/%N.output`,
	];
	return {
		...Object.fromEntries(targets.map((name) => [name, "[Unit]\nDefaultDependencies=no\n"])),
		"service.d/base.conf": `${service.join("\n")}\n`,
	};
}

async function until(isSo: () => boolean): Promise<void> {
	while (!isSo()) await sleep(POLL_MS);
}

// The files in it go with it.
function removeGroup(group: string): void {
	if (!existsSync(group)) return;
	for (const entry of readdirSync(group, { withFileTypes: true }))
		if (entry.isDirectory()) removeGroup(join(group, entry.name));
	rmdirSync(group);
}
