import { type Unstable_Config, unstable_readConfig } from "wrangler";
import * as z from "zod";
import { problemsOf, refusal } from "./deploy/check.ts";
import { addLifecycleRules } from "./deploy/lifecycle.ts";
import { type DeployOptions, deployOptions } from "./deploy/options.ts";
import { deployedSecrets, givenSecrets } from "./deploy/secrets.ts";
import { smokeAccess } from "./deploy/smoke-access.ts";
import { upload } from "./deploy/upload.ts";
import { askWrangler, refused, requireWrangler, wrangler } from "./deploy/wrangler.ts";
import { printFindings } from "./smoke/print-findings.ts";
import { smoke } from "./smoke/smoke.ts";

// From a clone to a Worker on Cloudflare: checks the settings before it touches anything, makes what is
// missing, lays out the database, deploys, and tries what it has deployed. To be run again at will.

const listed = z.array(z.object({ name: z.string(), uuid: z.string() }));

/** The steps that change something, in the order in which they started. */
const started: string[] = [];

try {
  await deploy(deployOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  const broken = started.pop();
  if (broken !== undefined) {
    console.error(`Done before: ${started.join(", ") || "nothing"}. Broken off in: ${broken}.
What is there stays. Once the reason is gone, run it again.`);
  }
  process.exitCode = 1;
}

async function deploy(options: DeployOptions): Promise<void> {
  const { environment, target, dryRun } = options;
  const config = configOf(options);
  const vars = { ...(config.vars as Record<string, string>), ...options.vars };
  const given = givenSecrets(options.secretsFile);
  heading(`Settings of ${config.name} (${environment})`);
  const deployed = deployedSecrets(target);
  const problems = problemsOf({ config, vars, given, deployed: deployed ?? [] });
  if (problems.length > 0) {
    throw new Error(refusal(problems, options, { isFirst: deployed === null, vars }));
  }
  console.log("Nothing is wrong with them.");
  const databases = dryRun ? {} : prepare(config, target);
  step("Worker");
  const version = await upload(options, { given, databases });
  if (dryRun) return;
  step("What may expire in R2");
  for (const { bucket_name } of config.r2_buckets) addLifecycleRules(String(bucket_name), target);
  started.length = 0;
  await trySmoke({ url: new URL(vars.PUBLIC_URL ?? ""), version }, given, options);
}

function configOf({ config, environment }: DeployOptions): Unstable_Config {
  const { definedEnvironments = [] } = unstable_readConfig({ config, env: "" });
  const known = ["production", ...definedEnvironments];
  if (!known.includes(environment)) {
    throw new Error(`--env ${environment} is not in ${config}; there are ${known.join(", ")}.`);
  }
  const env = environment === "production" ? "" : environment;
  return unstable_readConfig({ config, env });
}

/**
 * Makes what `wrangler deploy` does not, and lays out the database before the new version comes: old
 * code lives with a newer schema, since migrations only add, but no code with an older one. Gives the
 * ids of the account's databases by their names.
 */
function prepare({ d1_databases, queues }: Unstable_Config, target: string[]) {
  step("Queues");
  const known = (queues.producers ?? []).map(({ queue }) => queue);
  const lone = (queues.consumers ?? []).map(({ queue }) => queue).filter((q) => !known.includes(q));
  for (const queue of lone) createQueue(queue, target);
  step("Database");
  const present = databaseIds(target);
  const missing = d1_databases.filter(
    ({ database_name = "", database_id }) => !database_id && !(database_name in present),
  );
  for (const { database_name } of missing) {
    wrangler(["d1", "create", String(database_name), ...target]);
  }
  for (const { binding } of d1_databases) {
    wrangler(["d1", "migrations", "apply", binding, "--remote", ...target]);
  }
  return missing.length === 0 ? present : databaseIds(target);
}

function databaseIds(target: string[]): Record<string, string> {
  const all = listed.parse(JSON.parse(requireWrangler(["d1", "list", "--json", ...target])));
  return Object.fromEntries(all.map(({ name, uuid }) => [name, uuid]));
}

/** 11009 is what Cloudflare's API answers when the queue is there. */
function createQueue(queue: string, target: string[]): void {
  const command = ["queues", "create", queue, ...target];
  const { ok, output } = askWrangler(command);
  if (ok) console.log(`${queue} is made.`);
  else if (/code: 11009|already (exists|taken)/i.test(output)) console.log(`${queue} is there.`);
  else throw refused(command, output);
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
