import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

/**
 * What to do about errors of Cloudflare's API that have nothing to do with this Worker, by their codes
 * as wrangler prints them.
 */
const HINTS: Record<string, string> = {
  10000: `The API token lacks a permission. The template "Edit Cloudflare Workers" has neither D1 nor
Queues: add Account > D1 > Edit and Account > Queues > Edit.`,
  10015: "The plan of the account does not include it: it takes Workers Paid.",
  10042: `R2 is not enabled in this account. Enable it once, in the dashboard:
https://dash.cloudflare.com/?to=/:account/r2/overview`,
  10089: `Analytics Engine is not enabled in this account. Enable it once, in the dashboard:
https://dash.cloudflare.com/?to=/:account/workers/analytics-engine`,
};

/** Advice on what wrangler has printed, each on a line of its own; empty when there is none. */
export function hintsOn(output: string): string {
  const codes = [...output.matchAll(/\[code: (\d+)\]/g)].map(([, code = ""]) => code);
  return [...new Set(codes)].map((code) => (HINTS[code] ? `\n${HINTS[code]}` : "")).join("");
}

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => interrupted.abort(new Error(`Interrupted by ${signal}.`)));
}

type Answer = { ok: boolean; stdout: string; output: string };

/**
 * Runs wrangler for what it prints, which is shown too where `shows` says so, its complaints at the end.
 * It asks no questions, and writes no ids into wrangler.toml. Rejects once the process is interrupted.
 */
export async function askWrangler(args: string[], env = {}, shows = false): Promise<Answer> {
  interrupted.signal.throwIfAborted();
  const child = spawn("wrangler", args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CI: "true", ...env },
  });
  const stop = () => child.kill();
  interrupted.signal.addEventListener("abort", stop);
  if (shows) child.stdout.pipe(process.stdout, { end: false });
  const status = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    status,
  ]);
  interrupted.signal.removeEventListener("abort", stop);
  interrupted.signal.throwIfAborted();
  if (shows) process.stderr.write(stderr);
  return { ok: code === 0, stdout, output: stdout + stderr };
}

/** The same where there is no going on without it. Rejects with what wrangler said. */
export async function requireWrangler(args: string[]): Promise<string> {
  const { ok, stdout, output } = await askWrangler(args);
  if (!ok) throw refused(args, output);
  return stdout;
}

/** Runs wrangler and shows what it prints. Rejects when it fails. */
export async function wrangler(args: string[], env = {}): Promise<void> {
  const { ok, output } = await askWrangler(args, env, true);
  if (!ok) throw new Error(`wrangler ${args.slice(0, 3).join(" ")} failed${hintsOn(output)}`);
}

/** What wrangler said when it could not, to throw. */
export const refused = (args: string[], output: string) =>
  new Error(`wrangler ${args.join(" ")}:\n${output.trim()}${hintsOn(output)}`);
