import { spawnSync } from "node:child_process";

// It asks no questions, and writes no ids into wrangler.toml.
const env = { ...process.env, CI: "true" };

/** Runs wrangler and shows what it prints. Throws when it fails. */
export function wrangler(args: string[]): void {
  const { status, error } = spawnSync("wrangler", args, {
    stdio: ["ignore", "inherit", "inherit"],
    env,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`wrangler ${args.slice(0, 3).join(" ")} ended with ${status}`);
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
  if (!ok) throw new Error(`wrangler ${args.join(" ")}:\n${output.trim()}`);
  return stdout;
}
