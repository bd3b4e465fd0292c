/*
 * What a start costs with dsta-run and with others: `npm run bench`, or `npm run bench -- --rounds 40 --only vault`. Prints Markdown
 * and leaves it in dist/bench, with the pictures. Nothing else is written, and only what is installed is compared.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CASES } from "./cases.ts";
import { launchOf, type Result, runCase } from "./contest.ts";
import { findLauncher } from "./launchers/find.ts";
import { LAUNCHERS } from "./launchers/list.ts";
import { statusesOf } from "./look.ts";
import { caseTable, introduction, launcherTable, overview } from "./markdown.ts";
import { measureScale } from "./scale.ts";
import { createServers } from "./servers.ts";
import { simulateStarts } from "./starts.ts";

const fileOf = (path: string) => new URL(`../${path}`, import.meta.url).pathname;

const { values } = parseArgs({
	options: {
		rounds: { type: "string", default: "20" },
		// The cases whose name holds this, scale and starts; all without it.
		only: { type: "string", default: "" },
		// Words of the launchers' names, with commas between.
		launchers: { type: "string", default: "" },
		peers: { type: "string", default: fileOf(".cache/peers") },
		output: { type: "string", default: fileOf("dist/bench") },
	},
});

// It costs time in every program on Node, or acts on it.
for (const name of ["NODE_EXTRA_CA_CERTS", "NODE_OPTIONS"]) delete process.env[name];
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const { output, peers } = values;
const rounds = Number(values.rounds);
const isWanted = (id: string) => id.includes(values.only);
const words = values.launchers.split(",");
const wanted = LAUNCHERS.filter(({ name }) => words.some((word) => name.includes(word)));
const found = wanted.map((launcher) => findLauncher(launcher, peers)).filter((one) => one !== undefined);
const absent = wanted.filter((launcher) => !found.some((one) => one.launcher === launcher));
const servers = createServers();
mkdirSync(output, { recursive: true });
const report: string[] = [];
// What was measured is not lost with what comes after it.
const print = (text: string) => {
	console.log(text);
	report.push(text);
	writeFileSync(join(output, "bench.md"), `${report.join("\n")}\n`);
};

print(await introduction({ rounds }));
const results = new Map<string, Result>();
const statuses = new Map<string, string>();
for (const one of CASES.filter(({ id }) => isWanted(id))) {
	const front = one.backend === "env" ? undefined : await servers.front(one);
	const result = await runCase(one, { rounds, output, launchers: found, front });
	results.set(one.id, result);
	print(caseTable(result, results));
	for (const launcher of found) {
		const { name } = launcher.launcher;
		if (statuses.has(name) || result.rows.get(name)?.overCommand === undefined) continue;
		const launch = launchOf(launcher, one, { address: front?.address ?? "", output });
		if (launch !== undefined) statuses.set(name, await statusesOf(launch));
	}
}
if (results.size > 0) print(`${overview(results)}\n${launcherTable(found, statuses, absent)}`);
if (isWanted("scale")) print(await measureScale({ found, output, servers, rounds }));
if (isWanted("starts")) print(simulateStarts(output));
process.exit();
