import { parseArgs } from "node:util";

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
