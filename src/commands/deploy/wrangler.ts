import { spawnSync } from "node:child_process";
import { hintsOn } from "./hints.ts";

// It asks no questions, and writes no ids into wrangler.toml.
const env = { ...process.env, CI: "true" };

/** Runs wrangler and shows what it prints, its complaints at the end. Throws when it fails. */
export function wrangler(args: string[], added: Record<string, string> = {}): void {
  const { status, error, stderr } = spawnSync("wrangler", args, {
    stdio: ["ignore", "inherit", "pipe"],
    encoding: "utf8",
    env: { ...env, ...added },
  });
  if (error) throw error;
  process.stderr.write(stderr);
  if (status === 0) return;
  throw new Error(`wrangler ${args.slice(0, 3).join(" ")} ended with ${status}${hintsOn(stderr)}`);
}

/** Runs wrangler for what it prints. */
export function askWrangler(args: string[]): { ok: boolean; stdout: string; output: string } {
  const { status, error, stdout, stderr } = spawnSync("wrangler", args, {
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    env,
  });
  if (error) throw error;
  return { ok: status === 0, stdout, output: stdout + stderr };
}

/** The same where there is no going on without it. Throws with what wrangler said. */
export function requireWrangler(args: string[]): string {
  const { ok, stdout, output } = askWrangler(args);
  if (!ok) throw refused(args, output);
  return stdout;
}

/** What wrangler said when it could not, to throw. */
export const refused = (args: string[], output: string) =>
  new Error(`wrangler ${args.join(" ")}:\n${output.trim()}${hintsOn(output)}`);
