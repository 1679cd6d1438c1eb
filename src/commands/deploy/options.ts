import { parseArgs } from "node:util";

/** What the command line asks for. */
export type DeployOptions = {
  /** As the operator says it; production is the top level of wrangler.toml. */
  environment: string;
  /** See `targetOf`. */
  target: string[];
  config: string;
  secretsFile: string | undefined;
  /** Variables that take the place of those in wrangler.toml. */
  vars: Record<string, string>;
  dryRun: boolean;
  skipSmoke: boolean;
  /** How long the address may take until the Worker answers there. */
  smokeWaitMs: number;
  /** Flags passed through to `wrangler deploy`. */
  flags: string[];
};

const OURS = ["env", "config", "secrets-file", "skip-smoke", "smoke-wait"];

/** Reads the command line; every flag that is not ours is one of `wrangler deploy`. */
export function deployOptions(args: string[]): DeployOptions {
  const { values, tokens } = parseArgs({
    args,
    strict: false,
    tokens: true,
    options: {
      env: { type: "string", short: "e", default: "production" },
      config: { type: "string", short: "c", default: "wrangler.toml" },
      "secrets-file": { type: "string" },
      "skip-smoke": { type: "boolean" },
      "smoke-wait": { type: "string", default: "60" },
      "dry-run": { type: "boolean" },
      var: { type: "string", multiple: true },
    },
  });
  const taken = tokens.flatMap((token) => {
    if (token.kind !== "option" || !OURS.includes(token.name)) return [];
    const hasOwnValue = token.value !== undefined && token.inlineValue === false;
    return hasOwnValue ? [token.index, token.index + 1] : [token.index];
  });
  const environment = String(values.env);
  const config = String(values.config);
  const secretsFile = values["secrets-file"];
  const smokeWaitMs = Number(values["smoke-wait"]) * 1_000;
  if (!(smokeWaitMs >= 0)) throw new Error("--smoke-wait is not a number of seconds");
  return {
    environment,
    target: targetOf(environment, config),
    config,
    secretsFile: secretsFile === undefined ? undefined : String(secretsFile),
    vars: Object.fromEntries((values.var ?? []).map((entry) => pair(String(entry)))),
    dryRun: values["dry-run"] === true,
    skipSmoke: values["skip-smoke"] === true,
    smokeWaitMs,
    flags: args.filter((_, index) => !taken.includes(index)),
  };
}

/** For every call of wrangler: the environment, and the configuration file. */
export const targetOf = (environment: string, config: string): string[] => [
  ...["--env", environment === "production" ? "" : environment],
  ...["--config", config],
];

function pair(entry: string): [string, string] {
  const colon = entry.indexOf(":");
  if (colon < 1) throw new Error(`--var ${entry} is not NAME:VALUE`);
  return [entry.slice(0, colon), entry.slice(colon + 1)];
}
