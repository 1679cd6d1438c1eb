import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { unstable_readConfig } from "wrangler";
import packageJson from "../../../package.json" with { type: "json" };
import { secretNames } from "../../../src/commands/deploy/check.ts";
import { runCommand } from "./run-command.ts";

const outdir = mkdtempSync(join(tmpdir(), "edge-dry-run-"));

afterAll(() => rmSync(outdir, { recursive: true, force: true }));

const configOf = (env: "" | "staging") => unstable_readConfig({ config: "wrangler.toml", env });

/** Names and numbers of which each environment has its own. */
const OWN = [
  "configPath",
  "name",
  "targetEnvironment",
  "vars.PUBLIC_URL",
  "r2_buckets.0.bucket_name",
  "d1_databases.0.database_name",
  "analytics_engine_datasets.0.dataset",
  "ratelimits.0.namespace_id",
  "ratelimits.1.namespace_id",
  "queues.producers.0.queue",
  "queues.producers.1.queue",
  "queues.consumers.0.queue",
  "queues.consumers.0.dead_letter_queue",
  "queues.consumers.1.queue",
];

/** The leaves of a configuration by their paths, `queues.consumers.0.queue` for example. */
function leaves(value: unknown, path: string[] = []): [string, unknown][] {
  if (typeof value !== "object" || value === null) return [[path.join("."), value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

const shared = (env: "" | "staging") =>
  Object.fromEntries(leaves(configOf(env)).filter(([path]) => !OWN.includes(path)));

describe("the environments of wrangler.toml", () => {
  it("have the same variables, bindings, queues and limits", () => {
    expect(shared("staging")).toEqual(shared(""));
  });

  it("have the crons that the sweeper knows, and as many attempts at a dead letter as Queues give", () => {
    const { triggers, queues } = configOf("staging");
    // The sweeper is code of the Worker, which Node does not load.
    const [, known = ""] = /CRONS = (\{.*\})/.exec(readFileSync("src/cron.ts", "utf8")) ?? [];
    expect(triggers.crons).toEqual([...known.matchAll(/"(.*?)"/g)].map(([, cron]) => cron));
    expect(queues.consumers?.[1]).toMatchObject({ max_retries: 100 });
  });

  it.each(["", "staging"] as const)("keep share links and searches out of the logs: %j", (env) => {
    expect(configOf(env).observability).toMatchObject({
      redact_query_string: true,
      logs: { invocation_logs: false },
    });
    expect(configOf(env).observability).not.toHaveProperty("traces.enabled", true);
  });

  it("have no bucket, database, queue or rate limit in common", () => {
    const resources = (env: "" | "staging") =>
      leaves(configOf(env)).flatMap(([path, value]) =>
        OWN.slice(4).includes(path) ? [value] : [],
      );
    expect(resources("")).toHaveLength(OWN.length - 4);
    expect(resources("").filter((value) => resources("staging").includes(value))).toEqual([]);
  });

  it("are described in package.json, for the Deploy button: every secret, and nothing unknown", () => {
    const { r2_buckets, d1_databases, vars } = configOf("");
    const bindings = [...r2_buckets, ...d1_databases].map(({ binding }) => binding);
    const described = packageJson.cloudflare.bindings;
    expect(Object.keys(described)).toEqual(expect.arrayContaining(secretNames()));
    const known = [...secretNames(), ...Object.keys(vars), ...bindings];
    expect(Object.keys(described).filter((name) => !known.includes(name))).toEqual([]);
  });

  it.each(["", "staging"] as const)(
    "are deployable, as a dry run without an account shows: %j",
    async (env) => {
      const { status, stdout, stderr } = await runCommand(
        "deploy",
        ["--dry-run", "--env", env || "production", "--var", "PUBLIC_URL:https://edge.example.com"],
        {
          WRANGLER_SEND_METRICS: "false",
          HOME: outdir,
          CLOUDFLARE_API_TOKEN: "",
          CLOUDFLARE_ACCOUNT_ID: "",
        },
      );
      expect([status, stderr]).toEqual([0, ""]);
      const { r2_buckets, queues } = configOf(env);
      expect(stdout).toContain(`env.TRANSCRIPTS (${r2_buckets[0]?.bucket_name})`);
      expect(stdout).toContain(`env.FOLLOW_UP_QUEUE (${queues.producers?.[0]?.queue})`);
      expect(stdout).toContain(
        "whether the Worker has CALLBACK_CREDENTIALS, SIGNING_KEYS, API_TOKENS",
      );
    },
    180_000,
  );
});
