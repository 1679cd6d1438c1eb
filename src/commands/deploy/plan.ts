import { parseArgs } from "node:util";
import type { experimental_readRawConfig, Unstable_Config } from "wrangler";
import * as z from "zod";

// What a deployment does to an account, decided before anything is touched. No I/O.

export const databaseList = z.array(
  z.object({ name: z.string(), uuid: z.string(), jurisdiction: z.string().nullish() }),
);

/** What an account has before a deployment, as far as it matters. */
export type Account = {
  /** Names of the Worker's secrets; null when there is no such Worker yet. */
  secrets: string[] | null;
  databases: z.infer<typeof databaseList>;
};

export type Plan = {
  /** Where D1, R2 and Durable Objects keep their data: eu, us, fedramp, or "" for anywhere. */
  jurisdiction: string;
  /** Arguments of wrangler; of buckets, which may be there. Empty where wrangler deploy creates them. */
  buckets: string[][];
  /** Creates the databases that are missing. */
  databases: string[][];
  migrations: string[][];
};

/**
 * The steps before `wrangler deploy`, which creates queues, KV and, without a location, the bucket by
 * itself. Throws when data would have to move.
 */
export function planDeployment(
  { d1_databases, r2_buckets }: Unstable_Config,
  vars: Record<string, string>,
  account: Account,
): Plan {
  const [database] = d1_databases;
  const jurisdiction = jurisdictionOf(database, vars.JURISDICTION, account);
  const location = vars.LOCATION && !jurisdiction ? ["--location", vars.LOCATION] : [];
  const placed = jurisdiction ? ["--jurisdiction", jurisdiction] : location;
  const isFirst = account.secrets === null;
  return {
    jurisdiction,
    buckets:
      isFirst && location.length > 0
        ? r2_buckets.map(({ bucket_name }) => [
            ...["r2", "bucket", "create", String(bucket_name)],
            ...location,
          ])
        : [],
    databases: d1_databases
      .filter((one) => !one.database_id && find(one, account) === undefined)
      .map(({ database_name }) => ["d1", "create", String(database_name), ...placed]),
    migrations: d1_databases.map(({ binding }) => [
      ...["d1", "migrations", "apply", binding, "--remote"],
    ]),
  };
}

type Database = Unstable_Config["d1_databases"][number];

/** That of the database, which is for good; where there is none yet, what JURISDICTION says. */
function jurisdictionOf(own: Database | undefined, asked = "", account: Account): string {
  const wanted = asked === "none" ? "" : asked;
  const there = own && find(own, account);
  const actual = there?.jurisdiction ?? "";
  if (there !== undefined && asked !== "" && wanted !== actual) {
    throw new Error(
      `${there.name} lies in the jurisdiction ${actual || "none"}: its data cannot move to ${asked}.`,
    );
  }
  if (there === undefined && asked === "" && account.secrets !== null) {
    throw new Error(
      `The database ${own?.database_name} is gone. Say --jurisdiction none, or the one of the first deployment: in another one the Worker would not find its bucket.`,
    );
  }
  return there === undefined ? wanted : actual;
}

const find = ({ database_name, database_id }: Database, { databases }: Account) =>
  databases.find(({ name, uuid }) => (database_id ? uuid === database_id : name === database_name));

type Raw = ReturnType<typeof experimental_readRawConfig>["rawConfig"];

/**
 * The configuration that is uploaded: with the ids of databases that have none in it, and the
 * jurisdiction of the buckets. Without an id wrangler asks for the database that the version before
 * had, and gives up when that is gone.
 */
export function pinnedConfig(
  raw: Raw,
  environment: string,
  jurisdiction: string,
  databases: Account["databases"],
): Raw {
  const pinned = structuredClone(raw);
  const own = environment === "production" ? pinned : pinned.env?.[environment];
  for (const database of own?.d1_databases ?? []) {
    const id = databases.find(({ name }) => name === database.database_name)?.uuid;
    if (id !== undefined) database.database_id ??= id;
  }
  if (jurisdiction) for (const bucket of own?.r2_buckets ?? []) bucket.jurisdiction = jurisdiction;
  return pinned;
}

/**
 * What may expire by itself (src/store/README.md): the sweeper removes it after a day, and R2 where the
 * sweeper does not run. R2 counts whole days. Nothing else has a rule, callbacks least of all.
 */
const RULES = [
  ["expire-idempotency", "idempotency/", "--expire-days", "2"],
  ["expire-sessions", "sessions/", "--expire-days", "1"],
  ["abort-multipart", "--abort-multipart-days", "1", "--force"],
];

/** Adds the rules that a bucket lacks; `listed` is what `wrangler r2 bucket lifecycle list` prints. */
export function missingRules(bucket: string, listed: string): string[][] {
  const present = [...listed.matchAll(/^name:\s+(.+?)\s*$/gm)].map(([, name]) => name);
  return RULES.filter(([name]) => !present.includes(name)).map((rule) => [
    ...["r2", "bucket", "lifecycle", "add", bucket, ...rule],
  ]);
}

export const USAGE = `
npm run deploy [-- FLAGS]

Creates what the Worker needs on Cloudflare, applies the database migrations, deploys, and tries the
deployed Worker with npm run smoke. Run it again for every new version.

  --secrets-file FILE    secrets, as in .dev.vars.example or as JSON; leave it out when none changes
  --env NAME             an environment of wrangler.toml, such as staging (production)
  --var NAME:VALUE       a variable in place of the one in wrangler.toml; may be repeated
  --dry-run              check what can be checked without an account, and say what could not
  --skip-smoke           do not try the deployed Worker
  --smoke-wait SECONDS   how long the new version may take to answer (60)

At the first deployment, since data does not move later; one of the two:
  --jurisdiction NAME    eu, us or fedramp: D1, R2 and Durable Objects keep their data there
  --location HINT        weur, eeur, apac, oc, wnam or enam: where they are created, if possible

What else wrangler deploy takes as a flag belongs into wrangler.toml.`;

/** What the command line asks for. */
export type DeployOptions = {
  /** As the operator says it; production is the top level of wrangler.toml. */
  environment: string;
  secretsFile: string | undefined;
  /** Variables that take the place of those in wrangler.toml; --jurisdiction and --location too. */
  vars: Record<string, string>;
  dryRun: boolean;
  skipSmoke: boolean;
  /** How long the address may take until the Worker answers there. */
  smokeWaitMs: number;
};

/** Reads the command line. Throws with what is wrong with it. */
export function deployOptions(args: string[]): DeployOptions {
  const { values } = parseArgs({
    args,
    options: {
      env: { type: "string", short: "e", default: "production" },
      "secrets-file": { type: "string" },
      var: { type: "string", multiple: true, default: [] },
      "dry-run": { type: "boolean", default: false },
      "skip-smoke": { type: "boolean", default: false },
      "smoke-wait": { type: "string", default: "60" },
      jurisdiction: { type: "string" },
      location: { type: "string" },
    },
  });
  const { jurisdiction, location } = values;
  const smokeWaitMs = Number(values["smoke-wait"]) * 1_000;
  if (!(smokeWaitMs >= 0)) throw new Error("--smoke-wait is not a number of seconds");
  if (jurisdiction && location) {
    throw new Error("Give --jurisdiction or --location, not both: R2 takes one of them");
  }
  return {
    environment: values.env,
    secretsFile: values["secrets-file"],
    vars: {
      ...Object.fromEntries(values.var.map(pair)),
      ...(jurisdiction !== undefined && { JURISDICTION: jurisdiction }),
      ...(location !== undefined && { LOCATION: location }),
    },
    dryRun: values["dry-run"],
    skipSmoke: values["skip-smoke"],
    smokeWaitMs,
  };
}

function pair(entry: string): [string, string] {
  const colon = entry.indexOf(":");
  if (colon < 1) throw new Error(`--var ${entry} is not NAME:VALUE`);
  return [entry.slice(0, colon), entry.slice(colon + 1)];
}
