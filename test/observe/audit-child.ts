// Appends records to a log, five in a write: FILE MAX_BYTES COUNT NAME. It begins when its standard input ends.
import process from "node:process";
import { openAudit } from "../../src/observe/audit.ts";

const [file = "", maxBytes, count, name = ""] = process.argv.slice(2);
const who = {
	...{ user: name, uid: 0, login_uid: undefined, sudo_user: undefined },
	...{ host: "here", pid: process.pid, dsta_run: "0", run: name },
};
const audit = openAudit(
	{ file, maxBytes: Number(maxBytes), keep: 1000 },
	{ who, warn: (message) => console.error(message) },
);
process.stdout.write("ready");
process.stdin.resume().once("end", () => {
	for (let index = 0; index < Number(count); index += 5)
		audit.write([0, 1, 2, 3, 4].map((more) => ({ action: "get", path: `${name}/${index + more}` })));
});
