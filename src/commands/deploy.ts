import { spawnSync } from "node:child_process";

// Deploys to Cloudflare: wrangler makes the bucket, the database and the queue that the Worker sends
// to, but not the queue that only another queue sends to, and does not lay out the database.

const flags = process.argv.slice(2);

run(["queues", "create", "deepgram-dead-letters"], /already (exists|taken)/i);
run(["deploy", ...flags]);
run(["d1", "migrations", "apply", "CATALOGUE", "--remote"]);

/** Ends the deployment when wrangler fails, unless it says what `isFine` matches. */
function run(args: string[], isFine?: RegExp): void {
  const { status, stdout, stderr } = spawnSync("wrangler", args, {
    stdio: ["inherit", "pipe", "pipe"],
    encoding: "utf8",
  });
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  if (status !== 0 && !isFine?.test(stdout + stderr)) process.exit(status ?? 1);
}
