import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { PYTHON } from "../process/launch.ts";

/** An address that takes no connection and refuses none. */
export async function startBlackHole(): Promise<{ readonly url: string } & Disposable> {
	const script = fileURLToPath(new URL("black-hole.py", import.meta.url));
	const child = spawn(PYTHON, [script], { stdio: ["pipe", "pipe", "inherit"] });
	const [port] = await once(child.stdout.setEncoding("utf8"), "data");
	return { url: `http://127.0.0.1:${port.trim()}`, [Symbol.dispose]: () => child.stdin.destroy() };
}
