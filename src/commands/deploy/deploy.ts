import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { experimental_readRawConfig, type Unstable_Config, unstable_readConfig } from "wrangler";
import * as z from "zod";
import { printFindings } from "../command-line.ts";
import { smoke } from "../smoke/smoke.ts";
import {
  assumedSecrets,
  givenSecrets,
  problemsOf,
  refusal,
  smokeAccess,
  unchecked,
} from "./check.ts";
import type { DeployOptions } from "./plan.ts";
import * as plans from "./plan.ts";

// From a clone to a Worker on Cloudflare: checks the settings before it touches anything, creates what
// is missing, migrates the database, deploys, and tries what it has deployed. Run it again at will.

const CONFIG = "wrangler.toml";

const secretList = z.array(z.object({ name: z.string() }));
const deployment = z.object({ type: z.literal("deploy"), version_id: z.string() });

/** The steps that change something, in the order in which they were started. */
const started: string[] = [];

/** Deploys, and tries what it has deployed. Gives the exit code; says what went wrong. */
export async function runDeployment(options: DeployOptions): Promise<number> {
  try {
    await deploy(options);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    const broken = started.pop();
    if (broken !== undefined) {
      console.error(`Done before: ${started.join(", ") || "nothing"}. Broken off in: ${broken}.
What is there stays. Once the reason is gone, run it again.`);
    }
    return 1;
  }
}

async function deploy(options: DeployOptions): Promise<void> {
  const { environment, dryRun } = options;
  const target = ["--env", environment === "production" ? "" : environment];
  const config = configOf(environment);
  const vars = { ...(config.vars as Record<string, string>), ...options.vars };
  const given = givenSecrets(options.secretsFile);
  heading(`Settings of ${config.name} (${environment})`);
  const account = dryRun ? { secrets: null, databases: [] } : await askAccount(target);
  const deployed = dryRun ? assumedSecrets(vars) : (account.secrets ?? []);
  const problems = problemsOf({ config, vars, given, deployed });
  if (problems.length > 0) {
    throw new Error(refusal(problems, environment, { isFirst: account.secrets === null, vars }));
  }
  const plan = plans.planDeployment(config, vars, account);
  console.log("Nothing is wrong with them.");
  let { databases } = account;
  if (dryRun) {
    console.log(unchecked(given));
  } else {
    if (plan.buckets.length > 0) step("Bucket");
    for (const command of plan.buckets) await createBucket([...command, ...target]);
    // Migrated before the new version comes: old code works with a newer schema, since migrations only
    // add, but no code with an older one.
    step("Database");
    for (const command of plan.databases) await wrangler([...command, ...target]);
    for (const command of plan.migrations) await wrangler([...command, ...target]);
    if (plan.databases.length > 0) databases = await listDatabases(target);
  }
  step("Worker");
  const version = await upload(options, plan.jurisdiction, given, databases);
  if (dryRun) return;
  step("What may expire in R2");
  const placed = plan.jurisdiction ? ["--jurisdiction", plan.jurisdiction] : [];
  for (const { bucket_name = "" } of config.r2_buckets) {
    const list = ["r2", "bucket", "lifecycle", "list", String(bucket_name), ...placed, ...target];
    for (const command of plans.missingRules(String(bucket_name), await requireWrangler(list))) {
      await wrangler([...command, ...placed, ...target]);
    }
  }
  started.length = 0;
  await trySmoke({ url: new URL(vars.PUBLIC_URL ?? ""), version }, given, options);
}

function configOf(environment: string): Unstable_Config {
  const { definedEnvironments = [] } = unstable_readConfig({ config: CONFIG, env: "" });
  const known = ["production", ...definedEnvironments];
  if (!known.includes(environment)) {
    throw new Error(`--env ${environment} is not in ${CONFIG}; there are ${known.join(", ")}.`);
  }
  const env = environment === "production" ? "" : environment;
  return unstable_readConfig({ config: CONFIG, env });
}

/** Asks for the Worker's secrets, whose values nobody can read again, and for the databases. */
async function askAccount(target: string[]): Promise<plans.Account> {
  const command = ["secret", "list", ...target];
  const [answer, databases] = await Promise.all([askWrangler(command), listDatabases(target)]);
  const isNew = !answer.ok && /Worker ".*" .*not found/.test(answer.output);
  if (!answer.ok && !isNew) throw refused(command, answer.output);
  const secrets = isNew ? null : secretList.parse(JSON.parse(answer.stdout));
  return { secrets: secrets?.map(({ name }) => name) ?? null, databases };
}

const listDatabases = async (target: string[]) =>
  plans.databaseList.parse(JSON.parse(await requireWrangler(["d1", "list", "--json", ...target])));

async function createBucket(command: string[]): Promise<void> {
  const { ok, output } = await askWrangler(command);
  if (!ok && !/already exists/i.test(output)) throw refused(command, output);
  console.log(output.trim());
}

/** Runs `wrangler deploy`. Gives the id of the version, where it tells. */
async function upload(
  { environment, dryRun, vars }: DeployOptions,
  jurisdiction: string,
  given: Record<string, string>,
  databases: plans.Account["databases"],
): Promise<string | null> {
  // For nobody else to read.
  const folder = mkdtempSync(join(tmpdir(), "deploy-"));
  const [secrets, output] = [join(folder, "secrets.json"), join(folder, "output.ndjson")];
  // Paths in it are relative to where it is.
  const pinned = `.wrangler.deploy-${process.pid}.json`;
  try {
    const raw = experimental_readRawConfig({ config: CONFIG }).rawConfig;
    const config = plans.pinnedConfig(raw, environment, jurisdiction, databases);
    writeFileSync(pinned, JSON.stringify(config));
    // As JSON, in which wrangler replaces nothing.
    writeFileSync(secrets, JSON.stringify(given), { mode: 0o600 });
    const variables = { ...vars, JURISDICTION: jurisdiction };
    const args = [
      ...["deploy", "--config", pinned, "--env", environment === "production" ? "" : environment],
      ...(Object.keys(given).length > 0 ? ["--secrets-file", secrets] : []),
      ...Object.entries(variables).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
      ...(dryRun ? ["--dry-run"] : []),
    ];
    await wrangler(args, { WRANGLER_OUTPUT_FILE_PATH: output });
    const lines = existsSync(output) ? readFileSync(output, "utf8").split("\n") : [];
    const entries = lines
      .filter(Boolean)
      .map((line) => deployment.safeParse(JSON.parse(line)).data);
    return entries.find((entry) => entry !== undefined)?.version_id ?? null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(pinned, { force: true });
  }
}

async function trySmoke(
  { url, version }: { url: URL; version: string | null },
  given: Record<string, string>,
  { skipSmoke, smokeWaitMs }: DeployOptions,
): Promise<void> {
  if (skipSmoke) return;
  heading(`Trying ${url.origin}${version === null ? "" : `, version ${version}`}`);
  const access = smokeAccess(given, process.env);
  if (access === null) {
    console.log(`Not tried: that takes credentials of the callback and an API token. Run
  npm run smoke -- ${url.origin} --credentials user:password --token TOKEN`);
    return;
  }
  const isWell = await printFindings(smoke({ url, version, ...access, waitMs: smokeWaitMs }));
  if (!isWell) throw new Error("It is deployed, but not all is well; see BAD above.");
}

function step(name: string): void {
  started.push(name);
  heading(name);
}

function heading(text: string): void {
  console.log(`\n== ${text}`);
}

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
async function askWrangler(args: string[], env = {}, shows = false): Promise<Answer> {
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
async function requireWrangler(args: string[]): Promise<string> {
  const { ok, stdout, output } = await askWrangler(args);
  if (!ok) throw refused(args, output);
  return stdout;
}

/** Runs wrangler and shows what it prints. Rejects when it fails. */
async function wrangler(args: string[], env = {}): Promise<void> {
  const { ok, output } = await askWrangler(args, env, true);
  if (!ok) throw new Error(`wrangler ${args.slice(0, 3).join(" ")} failed${hintsOn(output)}`);
}

/** What wrangler said when it could not, to throw. */
const refused = (args: string[], output: string) =>
  new Error(`wrangler ${args.join(" ")}:\n${output.trim()}${hintsOn(output)}`);
