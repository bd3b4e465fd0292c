import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The variables that `docker run --env-file FILE` asks a daemon to give to a container; this one makes none. */
export async function readDockerCommand(file: string): Promise<Readonly<Record<string, string>>> {
	const socket = join(mkdtempSync(join(tmpdir(), "dsta-run-docker-")), "socket");
	let asked = "";
	const daemon = createServer(async (request, response) => {
		for await (const chunk of request) asked += request.url?.endsWith("_ping") ? "" : chunk;
		response.setHeader("Api-Version", "1.43");
		if (request.url?.endsWith("_ping")) return response.end("OK");
		return response.writeHead(500).end('{"message":"no"}');
	});
	await new Promise<void>((resolve) => daemon.listen(socket, resolve));
	const env = { ...process.env, DOCKER_HOST: `unix://${socket}` };
	await new Promise<void>((resolve) => {
		execFile("docker", ["run", "--env-file", file, "image"], { env }, () => resolve());
	});
	daemon.close();
	const lines: readonly string[] = JSON.parse(asked).Env;
	return Object.fromEntries(lines.map((line) => [line.split("=", 1)[0], line.replace(/^[^=]*=/, "")]));
}
