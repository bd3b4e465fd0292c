import { type Readiness, readinessOf } from "./readiness.ts";
import type { RunFacts } from "./run-metrics.ts";
import type { Reason, RunState, SecretState } from "./run-state.ts";

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.3rem; }
h2 { font-size: 1.1rem; margin-top: 2rem; }
.ready, .waiting { padding: .5rem 1rem; border-left: .4rem solid; }
.ready { border-color: #2e7d32; }
.waiting { border-color: #c62828; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8886; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content auto; gap: .2rem 1rem; }
dd { margin: 0; }
`;

/** Of the style, for the page's policy, by which nothing else is loaded or run. */
export const STYLE_HASH = "sha256-8X9il+ZlsSC5Lf9dGeZuMQl2HJ0G/xZyVJLxSCWysiA=";

/** So many lines are shown. */
const MAX_LINES = 1000;

/** Writes the page for people: the same as the other endpoints say, without a script. */
export function renderPage({ build, runtime, version }: RunFacts, state: RunState, now: number): string {
	const readiness = readinessOf(state, now);
	const { changes, command, leases, restarts, secrets } = state;
	const times = Object.entries(restarts).map(([reason, count]) => `${reason} ${count}`);
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>dsta-run: ${readiness.isReady ? "ready" : "not ready"}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>dsta-run</h1>
${verdictOf(readiness)}
<dl>
<dt>Command</dt><dd>${command.phase}, started ${timeOf(command.startedAt)}</dd>
<dt>Restarts</dt><dd>${times.join(", ")}</dd>
<dt>Changes</dt><dd>${changes} noticed</dd>
<dt>dsta-run</dt><dd>${escapeHtml(`${version} (${build}, ${runtime})`)}</dd>
</dl>
<h2>Secrets</h2>
${table(["Path", "From", "Version", "Condition", "Read"], secrets.map(cellsOf))}
<h2>Leases</h2>
${table(
	["Path", "Ends"],
	leases.map(({ endsAt, path }) => [escapeHtml(path), timeOf(endsAt)]),
)}
<h2>For programs</h2>
<p><a href="/metrics">/metrics</a> <a href="/healthz">/healthz</a> <a href="/readyz">/readyz</a> <a href="/versions">/versions</a></p>
</body>
</html>
`;
}

function verdictOf({ isReady, outdated, reasons }: Readiness): string {
	const verdict = isReady
		? `<p class="ready">Ready: the command runs on a complete, fresh set of secrets.</p>`
		: list("Not ready:", reasons);
	return outdated.length === 0 ? verdict : `${verdict}\n${list("What a start would meet now:", outdated)}`;
}

function list(head: string, reasons: readonly Reason[]): string {
	const items = reasons.slice(0, MAX_LINES).map(({ path, reason }) => {
		const about = path === undefined ? "" : `<code>${escapeHtml(path)}</code>: `;
		return `<li>${about}${escapeHtml(reason)}</li>`;
	});
	return `<div class="waiting">\n<p>${head}</p>\n<ul>\n${items.join("\n")}\n</ul>\n${moreThan(reasons)}</div>`;
}

function cellsOf({ backend, condition, path, readAt, version }: SecretState): readonly string[] {
	const read = backend === "none" ? undefined : readAt;
	return [...[path, backend, version, condition].map(escapeHtml), timeOf(read)];
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
	if (rows.length === 0) return "<p>None.</p>";
	const lines = rows
		.slice(0, MAX_LINES)
		.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`);
	const head = heads.map((name) => `<th scope="col">${name}</th>`).join("");
	return `<table>
<thead><tr>${head}</tr></thead>
<tbody>
${lines.join("\n")}
</tbody>
</table>
${moreThan(rows)}`;
}

function moreThan({ length }: readonly unknown[]): string {
	return length > MAX_LINES ? `<p>And ${length - MAX_LINES} more.</p>\n` : "";
}

function timeOf(timeMs: number | undefined): string {
	if (timeMs === undefined) return "never";
	const text = new Date(timeMs).toISOString().replace(/\.\d+/, "");
	return `<time datetime="${text}">${text.replace("T", " ").replace("Z", " UTC")}</time>`;
}

function escapeHtml(text: string): string {
	return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
