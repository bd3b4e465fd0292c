/** What Node's diagnostic reports need of a process. */
export type ReportingProcess = Pick<NodeJS.Process, "env" | "execArgv" | "report">;

/**
 * Keeps Node from writing diagnostic reports of this process, which hold its environment: NODE_OPTIONS, which is for the command,
 * may ask for them (--report-on-signal, --report-on-fatalerror, --report-uncaught-exception).
 */
export function withholdReports({ env, execArgv, report }: ReportingProcess): void {
	if (!`${execArgv.join(" ")} ${env.NODE_OPTIONS ?? ""}`.includes("--report")) return;
	Object.assign(report, {
		reportOnSignal: false,
		reportOnFatalError: false,
		reportOnUncaughtException: false,
		excludeEnv: true,
	});
}
