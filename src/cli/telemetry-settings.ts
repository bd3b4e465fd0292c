import { DstaError } from "../errors.ts";
import {
	LISTEN_ADDRESS_FORM,
	type ListenAddress,
	NO_ADDRESS,
	parseListenAddress,
} from "../listen-address.ts";
import { TEXTFILE_END } from "../observe/textfile.ts";
import type { Session } from "./session.ts";

/** How others are told of a run. */
export interface TelemetrySettings {
	/** Where metrics are served, as it was written. */
	readonly metrics?: { readonly text: string; readonly isOption: boolean };
	/** The file that they are written to. */
	readonly textfile?: string;
}

/**
 * Makes sure that what is asked can be done.
 * @throws {DstaError} DSTA_UNSUPPORTED in exec mode nobody is left to do it · DSTA_USAGE it is written wrong
 */
export function checkTelemetry({ manner, telemetry }: Session): void {
	const address = listenAddressOf(telemetry);
	const { textfile } = telemetry;
	const asked = [
		...(address === undefined ? [] : [telemetry.metrics?.isOption ? "--metrics" : "run.metrics"]),
		...(textfile === undefined ? [] : ["--metrics-textfile"]),
	].join(", ");
	if (manner.mode === "exec" && asked !== "")
		throw new DstaError(
			"DSTA_UNSUPPORTED",
			`Exec mode leaves nobody to do what is asked by ${asked}: dsta-run becomes the command`,
			{ cure: `Use --spawn (run.mode: spawn), or leave ${asked} out (--metrics none).` },
		);
	checkTextfile(textfile);
}

/**
 * Makes sure that node_exporter will read a file of metrics.
 * @throws {DstaError} DSTA_USAGE by its name it will not
 */
export function checkTextfile(textfile: string | undefined): void {
	if (textfile !== undefined && !textfile.endsWith(TEXTFILE_END))
		throw new DstaError(
			"DSTA_USAGE",
			`--metrics-textfile is ${JSON.stringify(textfile)}, and node_exporter reads files only whose names end in ${TEXTFILE_END}`,
			{ cure: `Name it ${textfile}${TEXTFILE_END}.` },
		);
}

/**
 * The address that is asked for; `undefined` for none.
 * @throws {DstaError} DSTA_USAGE it is none
 */
export function listenAddressOf({ metrics }: TelemetrySettings): ListenAddress | undefined {
	if (metrics === undefined || metrics.text === NO_ADDRESS) return undefined;
	const { text } = metrics;
	const address = parseListenAddress(text);
	if (address !== undefined) return address;
	throw new DstaError(
		"DSTA_USAGE",
		`--metrics is ${JSON.stringify(text)}, which is not ${LISTEN_ADDRESS_FORM}`,
		{ cure: `Set it to one of these, as 127.0.0.1:9464, or to ${NO_ADDRESS}.` },
	);
}
