import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { parseArgs, parseEnv } from "node:util";

// Starts the Worker locally and keeps its storage under .wrangler/state or --persist-to. Every flag is
// passed on to `wrangler dev`.

const HELP = `npm start [-- FLAGS]

Runs the Worker on http://127.0.0.1:8787 with local R2, D1, KV and Queues. Storage is kept in
.wrangler/state. The first start copies .dev.vars.example to .dev.vars. Flags are those of
\`wrangler dev\`, for example:

  --port 9000             callback URLs and links follow the port
  --persist-to DIR        keep storage somewhere else
  --var NAME:VALUE        set a variable or secret for this run
`;

const flags = process.argv.slice(2);
const { values } = parseArgs({
  args: flags,
  strict: false,
  options: {
    help: { type: "boolean", short: "h" },
    "persist-to": { type: "string" },
    port: { type: "string" },
    var: { type: "string", multiple: true },
  },
});

const QUIET = { WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" };

if (values.help) {
  console.log(HELP);
  process.exit(0);
}
if (!existsSync(".dev.vars")) {
  copyFileSync(".dev.vars.example", ".dev.vars");
  console.log("Created .dev.vars from .dev.vars.example.");
}

console.log("Starting the Worker …");
migrate(typeof values["persist-to"] === "string" ? ["--persist-to", values["persist-to"]] : []);
dev();

function migrate(persistence: string[]): void {
  const { status, stdout, stderr } = spawnSync(
    "wrangler",
    ["d1", "migrations", "apply", "CATALOGUE", "--local", ...persistence],
    // With CI set, wrangler does not ask for confirmation.
    { env: { ...process.env, ...QUIET, CI: "true" }, encoding: "utf8" },
  );
  if (status === 0) return;
  process.stderr.write(`${stdout}${stderr}`);
  process.exit(status ?? 1);
}

function dev(): void {
  const vars = { ENVIRONMENT: "local", ...publicUrl(), ...recipients() };
  const missing = Object.entries(vars).filter(([name]) => given(name) === undefined);
  const more = missing.flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  const wrangler = spawn("wrangler", ["dev", "--local", ...flags, ...more], {
    env: { ...process.env, ...QUIET },
    stdio: ["inherit", "pipe", "pipe"],
  });
  const startup = holdUntilReady();
  wrangler.stdout.on("data", startup.stdout);
  wrangler.stderr.on("data", startup.stderr);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => wrangler.kill(signal));
  }
  wrangler.on("exit", (code, signal) => {
    startup.release();
    process.exit(code ?? (signal ? 1 : 0));
  });
}

/** Wrangler's table of bindings, and a notice between: on a slow machine it comes late. */
const NOISE = /^(Your Worker has access to|Binding +Resource|env\.\w+ |\u2394 )/;

/**
 * Holds back what wrangler prints while it starts (its table of bindings, twice) and prints the summary
 * once the Worker is ready. From then on all else is passed through, and everything when the start fails.
 */
function holdUntilReady() {
  let held: Buffer[] | null = [];
  const release = () => {
    for (const chunk of held ?? []) process.stderr.write(chunk);
    held = null;
  };
  const stdout = (chunk: Buffer) => {
    if (held === null) {
      const lines = chunk.toString().split(/(?<=\n)/);
      return void process.stdout.write(lines.filter((line) => !NOISE.test(line)).join(""));
    }
    held.push(chunk);
    const [, url] = /Ready on (http\S+)/.exec(Buffer.concat(held).toString()) ?? [];
    if (url === undefined) return;
    held = null;
    console.log(summary(url.replace("//localhost", "//127.0.0.1")));
  };
  const stderr = (chunk: Buffer) => {
    if (held === null) process.stderr.write(chunk);
    else held.push(chunk);
  };
  return { stdout, stderr, release };
}

/** What to do next: the address, a token to sign in with, and a callback to send. */
function summary(url: string): string {
  const token = list("API_TOKENS").findLast((entry) => /:[^:]*admin/.test(entry));
  const [credentials] = list("CALLBACK_CREDENTIALS");
  const id = randomUUID();
  const alternative = {
    transcript: "Hello there.",
    words: [
      { word: "hello", punctuated_word: "Hello", start: 0.2, end: 0.6 },
      { word: "there", punctuated_word: "there.", start: 0.7, end: 1.1 },
    ],
  };
  const body = {
    metadata: { request_id: id, duration: 1.5 },
    results: { channels: [{ alternatives: [alternative] }] },
  };
  return [
    "",
    `The Worker is running at ${url}`,
    ...(token ? [`Sign in with the token   ${token.split(":").slice(2).join(":")}`] : []),
    ...(credentials
      ? [
          "",
          "Send it a callback, as Deepgram would:",
          "",
          `curl -i -u '${credentials}' ${url}/hook -H 'content-type: application/json' -d '${JSON.stringify(body)}'`,
          "",
          `Then open ${url}/transcripts/${id}`,
        ]
      : []),
    "",
    "Requests and log lines follow. Press Ctrl+C to stop.",
  ].join("\n");
}

/** The entries of a setting that is a list, separated by white space. */
const list = (name: string): string[] =>
  (given(name) ?? parseEnv(readFileSync(".dev.vars", "utf8"))[name] ?? "")
    .split(/\s+/)
    .filter(Boolean);

/** Callbacks and links use the port that the Worker listens on, unless PUBLIC_URL is set. */
function publicUrl(): { PUBLIC_URL?: string } {
  const isSet = "PUBLIC_URL" in parseEnv(readFileSync(".dev.vars", "utf8"));
  if (isSet || typeof values.port !== "string" || values.port === "0") return {};
  return { PUBLIC_URL: `http://127.0.0.1:${values.port}` };
}

/** The value of `--var NAME:VALUE`, if given. */
function given(name: string): string | undefined {
  const flag = (values.var ?? []).findLast((value) => String(value).startsWith(`${name}:`));
  return flag === undefined ? undefined : String(flag).slice(name.length + 1);
}

/** Requests may name recipients that no message would reach, unless RECIPIENTS is set. */
function recipients(): { RECIPIENTS?: string } {
  const isSet = "RECIPIENTS" in parseEnv(readFileSync(".dev.vars", "utf8"));
  return isSet ? {} : { RECIPIENTS: "example.com +1555" };
}
