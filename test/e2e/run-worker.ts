import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export type RunningWorker = {
  /** Without a slash at the end. */
  url: string;
  /** What it has printed since it was ready, after the summary with the token and the credentials. */
  output: () => string;
  /** Runs the cron's handler, which nothing runs by itself locally. */
  sweep: () => Promise<void>;
  stop: (signal?: "SIGTERM" | "SIGKILL") => Promise<void>;
};

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const END_OF_SUMMARY = "Requests and log lines follow.";
const START_TIMEOUT_MS = 120_000;
const POLL_MS = 100;

/**
 * Starts the Worker as `npm start` does, on a free port. `vars` take the place of .dev.vars; `env` is
 * added to the environment of the process.
 */
export async function runWorker(options: {
  persistTo: string;
  vars?: Record<string, string>;
  env?: Record<string, string>;
  /** Called once its process exists: how to stop it before it is ready. */
  onStart?: (stop: RunningWorker["stop"]) => void;
}): Promise<RunningWorker> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const vars = Object.entries(options.vars ?? {});
  const flags = [
    ...["--port", String(port), "--inspector-port", "0", "--persist-to", options.persistTo],
    ...["--show-interactive-dev-session=false"],
    ...vars.flatMap(([name, value]) => ["--var", `${name}:${value}`]),
  ];
  // A group of its own, so that a signal reaches wrangler and workerd too.
  const child = spawn(process.execPath, ["src/commands/start.ts", ...flags], {
    cwd: ROOT,
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => printed.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => printed.push(chunk));
  const output = () => {
    const [startup = "", lines] = Buffer.concat(printed).toString().split(END_OF_SUMMARY);
    return lines ?? startup;
  };
  const stop = (signal: NodeJS.Signals = "SIGTERM") => stopGroup(child, signal);
  options.onStart?.(stop);
  try {
    await answering(child, url);
  } catch (error) {
    await stop("SIGKILL");
    throw new Error(`The Worker did not start: ${error}\n${output()}`);
  }
  const sweep = async () => {
    const response = await fetch(`${url}/cdn-cgi/local/scheduled`);
    if (!response.ok) throw new Error(`the cron's handler answered ${response.status}`);
  };
  return { url, output, sweep, stop };
}

async function answering(child: ChildProcess, url: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    const response = await fetch(`${url}/health`).catch(() => null);
    if (response !== null) return;
    await sleep(POLL_MS);
  }
  throw new Error(`no answer within ${START_TIMEOUT_MS} ms`);
}

async function stopGroup(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, "exit");
  process.kill(-child.pid, signal);
  await ended;
}

/**
 * A port of 127.0.0.1 that was free a moment ago, below those that systems give to connections: nothing
 * takes it before the Worker does.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_768);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
