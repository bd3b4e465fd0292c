import { looksAtBackends } from "../doctor/backends.ts";
import { conclude } from "../doctor/conclude.ts";
import { lookAtFiles } from "../doctor/files.ts";
import { lookAtHistory } from "../doctor/history.ts";
import { lookAtImage } from "../doctor/image.ts";
import { lookAtInit } from "../doctor/init.ts";
import { type Look, takeLooks } from "../doctor/look.ts";
import { lookAtMap } from "../doctor/map.ts";
import { openPatient, type Patient } from "../doctor/patient.ts";
import { lookAtProgram } from "../doctor/program.ts";
import { lookAtRotations } from "../doctor/rotations.ts";
import { lookAtSecrets } from "../doctor/secrets.ts";
import { showFindings } from "../doctor/show.ts";
import { lookAtVariables } from "../doctor/variables.ts";
import type { CommandResult, Host } from "../host.ts";
import type { CommandLine } from "../options.ts";

/** Looks at everything that a run needs, tells what it finds with what to do about it, and changes nothing. */
export async function doctor(commandLine: CommandLine, host: Host): Promise<CommandResult> {
	const patient = await openPatient(commandLine, host);
	const found = await takeLooks(await looksFor(patient));
	await patient.session.backends.release();
	const findings = conclude([...patient.heard, ...found]);
	const status = findings.some(({ severity }) => severity === "error") ? 1 : 0;
	return {
		status,
		output: commandLine.options.json
			? `${JSON.stringify({ status, findings }, undefined, 2)}\n`
			: showFindings(findings, host.process.stdout?.isTTY === true),
	};
}

async function looksFor(patient: Patient): Promise<readonly Look[]> {
	const local = [
		lookAtProgram,
		lookAtMap,
		lookAtFiles,
		lookAtVariables,
		lookAtHistory,
		lookAtInit,
		lookAtImage,
	].map((lookAt) => lookAt(patient));
	return [...local, ...(await looksAtBackends(patient)), lookAtSecrets(patient), lookAtRotations(patient)];
}
