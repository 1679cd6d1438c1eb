import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";

// Starts the Worker locally, its storage kept under .wrangler/state or --persist-to. Every flag goes
// on to `wrangler dev`.

const flags = process.argv.slice(2);
const { values } = parseArgs({
  args: flags,
  strict: false,
  options: {
    "persist-to": { type: "string" },
    port: { type: "string" },
    var: { type: "string", multiple: true },
  },
});

const QUIET = { WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" };

if (!existsSync(".dev.vars")) {
  copyFileSync(".dev.vars.example", ".dev.vars");
  console.log("Made .dev.vars from .dev.vars.example.");
}

migrate(typeof values["persist-to"] === "string" ? ["--persist-to", values["persist-to"]] : []);
dev();

function migrate(persistence: string[]): void {
  const { status, stdout, stderr } = spawnSync(
    "wrangler",
    ["d1", "migrations", "apply", "CATALOGUE", "--local", ...persistence],
    // Without a terminal wrangler does not ask whether to go on.
    { env: { ...process.env, ...QUIET, CI: "true" }, encoding: "utf8" },
  );
  if (status === 0) return;
  process.stderr.write(`${stdout}${stderr}`);
  process.exit(status ?? 1);
}

function dev(): void {
  const vars = { ENVIRONMENT: "local", ...publicUrl() };
  const missing = Object.entries(vars).filter(([name]) => !isGiven(name));
  const more = missing.flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  const wrangler = spawn("wrangler", ["dev", "--local", ...flags, ...more], {
    env: { ...process.env, ...QUIET },
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => wrangler.kill(signal));
  }
  wrangler.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}

/** Callbacks and links lead to the port that the Worker listens on, unless somebody says where. */
function publicUrl(): { PUBLIC_URL?: string } {
  const isSet = /^\s*PUBLIC_URL\s*=/m.test(readFileSync(".dev.vars", "utf8"));
  if (isSet || typeof values.port !== "string" || values.port === "0") return {};
  return { PUBLIC_URL: `http://127.0.0.1:${values.port}` };
}

function isGiven(name: string): boolean {
  return (values.var ?? []).some((value) => String(value).startsWith(`${name}:`));
}
