import { describe, expect, it } from "vitest";
import { experimental_readRawConfig, unstable_readConfig } from "wrangler";
import {
  givenSecrets,
  problemsOf,
  refusal,
  secretNames,
  smokeAccess,
  unchecked,
} from "../../../src/commands/deploy/check.ts";
import { hintsOn } from "../../../src/commands/deploy/deploy.ts";
import {
  type Account,
  deployOptions,
  missingRules,
  pinnedConfig,
  planDeployment,
} from "../../../src/commands/deploy/plan.ts";

const ADDRESS = "https://deepgram-edge-receiver.acme.workers.dev";

const SECRETS = {
  CALLBACK_CREDENTIALS: "deepgram:a-password-of-ours",
  SIGNING_KEYS: "a-$HOME-signing-key-of-the-tests-0123456789",
  API_TOKENS: "operator:read+submit+admin:an-api-token-of-ours",
};

const config = unstable_readConfig({ config: "wrangler.toml", env: "" });

type Settings = {
  vars?: Record<string, string>;
  given?: Record<string, string>;
  deployed?: string[];
};

/** What `npm run deploy` finds before it touches anything. */
const problems = ({ vars = {}, given = {}, deployed = [] }: Settings) =>
  problemsOf({
    config,
    vars: { ...(config.vars as Record<string, string>), ...vars },
    given,
    deployed,
  });

const refusalOf = (settings: Settings, environment = "production", isFirst = true) =>
  refusal(problems(settings), environment, {
    isFirst,
    vars: { ...(config.vars as Record<string, string>), ...settings.vars },
  });

describe("settings of a deployment", () => {
  it("that are missing are all named, with the command that sets each", () => {
    const text = refusalOf({});
    for (const name of ["CALLBACK_CREDENTIALS", "SIGNING_KEYS", "API_TOKENS"]) {
      expect(text).toMatch(new RegExp(`${name}: .+\\n {4}npx wrangler secret put ${name}\\n`));
    }
    expect(text).toMatch(
      /PUBLIC_URL: not the https URL.+\n {4}set it in wrangler.toml under \[vars\]/,
    );
    expect(text).toContain("npm run deploy -- --secrets-file FILE");
    expect(refusalOf({}, "production", false)).not.toContain("--secrets-file");
  });

  it("are those of the environment that is named", () => {
    const text = refusalOf({}, "staging");
    expect(text).toContain("npx wrangler secret put API_TOKENS --env staging\n");
    expect(text).toContain("set it in wrangler.toml under [env.staging.vars]");
  });

  it("must not be those of .dev.vars.example", () => {
    const given = givenSecrets(".dev.vars.example");
    const found = problems({ given, vars: { PUBLIC_URL: ADDRESS } });
    for (const name of ["CALLBACK_CREDENTIALS", "CALLBACK_SECRETS", "SIGNING_KEYS", "API_TOKENS"]) {
      const problem = expect.stringContaining("a value of .dev.vars.example is refused");
      expect(found).toContainEqual({ name, problem });
    }
  });

  it("are refused where they cannot work: follow-ups, providers without keys, unknown secrets", () => {
    const followUps = '{"notify":[{"channel":"webhook","to":"crm"},{"channel":"phone"}]}';
    const vars = {
      PUBLIC_URL: ADDRESS,
      ENVIRONMENT: "local",
      FOLLOW_UPS: followUps,
      TRANSLATOR: "deepl",
      EMAIL_FROM: "a@example.com",
      EMAIL_PROVIDER: "resend",
      SMS_FROM: "+15551234567",
    };
    const found = problems({ vars, given: { ...SECRETS, API_TOKEN: "singular" } });
    expect(found.map(({ name, problem }) => `${name}: ${problem}`)).toEqual([
      "FOLLOW_UPS: notify[1] is not a webhook, email or sms notification",
      "FOLLOW_UPS: the webhook crm is not in WEBHOOK_ENDPOINTS",
      "RESEND_API_KEY: not set, and EMAIL_FROM needs it",
      "TWILIO_ACCOUNT_SID: not set, and SMS_FROM needs it",
      "DEEPL_API_KEY: not set, and TRANSLATOR needs it",
      "ENVIRONMENT: not production: the rules of production are off",
      "API_TOKEN: none of the secrets of .dev.vars.example",
    ]);
  });

  it("that are on Cloudflare, where nobody can read them, are taken to be right", () => {
    const followUps = '{"translate":["es"],"notify":[{"channel":"webhook","to":"crm"}]}';
    const vars = { PUBLIC_URL: ADDRESS, FOLLOW_UPS: followUps, SMS_FROM: "+15551234567" };
    expect(problems({ vars, deployed: secretNames() })).toEqual([]);
  });
});

describe("values that Cloudflare would refuse", () => {
  const big = "a".repeat(5_121);

  it.each([
    ["a secret", { given: { ...SECRETS, DEEPL_API_KEY: big } }, "DEEPL_API_KEY"],
    [
      "a variable",
      { given: SECRETS, vars: { CORS_ORIGINS: `https://${"a".repeat(5_113)}` } },
      "CORS_ORIGINS",
    ],
    [
      "a secret of fewer characters than bytes",
      { given: { ...SECRETS, DEEPL_API_KEY: "é".repeat(2_561) } },
      "DEEPL_API_KEY",
    ],
  ] satisfies [string, Settings, string][])(
    "are refused: %s of over 5 KB",
    (_, settings: Settings, name) => {
      const found = problems({ ...settings, vars: { PUBLIC_URL: ADDRESS, ...settings.vars } });
      const problem = expect.stringMatching(/^512[12] bytes, and Cloudflare takes 5 KB/);
      expect(found).toContainEqual({ name, problem });
    },
  );

  it("are not those of exactly 5 KB", () => {
    const given = { ...SECRETS, DEEPL_API_KEY: big.slice(1) };
    expect(problems({ given, vars: { PUBLIC_URL: ADDRESS } })).toEqual([]);
  });

  it("are jurisdictions and locations that it does not know", () => {
    const vars = { PUBLIC_URL: ADDRESS, JURISDICTION: "mars", LOCATION: "moon" };
    expect(problems({ vars, given: SECRETS })).toEqual([
      { name: "JURISDICTION", problem: "none of none, eu, us, fedramp" },
      { name: "LOCATION", problem: "none of weur, eeur, apac, oc, wnam, enam" },
    ]);
  });
});

describe("the command line of a deployment", () => {
  it.each([
    [["--smoke-wait", "soon"], "--smoke-wait is not a number of seconds"],
    [["--jurisdiction", "eu", "--location", "weur"], "not both"],
    [["--var", "PUBLIC_URL"], "--var PUBLIC_URL is not NAME:VALUE"],
    [["--minify"], "Unknown option '--minify'"],
    [["src/index.ts"], "Unexpected argument"],
  ])("is refused: %j", (args, problem) => {
    expect(() => deployOptions(args)).toThrow(problem);
  });

  it("says what a deployment is to do", () => {
    const options = deployOptions([
      ...["--env", "staging", "--secrets-file=secrets.vars", "--smoke-wait", "5"],
      ...["--var", `PUBLIC_URL:${ADDRESS}`, "--dry-run", "--location", "weur"],
    ]);
    expect(options).toEqual({
      environment: "staging",
      secretsFile: "secrets.vars",
      vars: { PUBLIC_URL: ADDRESS, LOCATION: "weur" },
      dryRun: true,
      skipSmoke: false,
      smokeWaitMs: 5_000,
    });
  });
});

const UUID = "00000000-0000-4000-8000-000000000001";
const catalogue = { name: "deepgram-catalogue", uuid: UUID, jurisdiction: null };
const NEW: Account = { secrets: null, databases: [] };
const OLD: Account = { secrets: ["API_TOKENS"], databases: [catalogue] };

const plan = (vars: Record<string, string>, account: Account, env = "") =>
  planDeployment(unstable_readConfig({ config: "wrangler.toml", env }), vars, account);

describe("the plan of a deployment", () => {
  const migrations = [["d1", "migrations", "apply", "CATALOGUE", "--remote"]];

  it("creates the database at first, and leaves queues, KV and the bucket to wrangler deploy", () => {
    expect(plan({}, NEW)).toEqual({
      jurisdiction: "",
      buckets: [],
      databases: [["d1", "create", "deepgram-catalogue"]],
      migrations,
    });
  });

  it("only migrates the database that is there", () => {
    expect(plan({}, OLD)).toEqual({ jurisdiction: "", buckets: [], databases: [], migrations });
  });

  it("has staging beside production, with nothing in common", () => {
    const { databases } = plan({}, { ...OLD, secrets: null }, "staging");
    expect(databases).toEqual([["d1", "create", "deepgram-catalogue-staging"]]);
  });

  it("places bucket and database by --location, the first time only", () => {
    const first = plan({ LOCATION: "weur" }, NEW);
    const at = ["--location", "weur"];
    expect(first.buckets).toEqual([["r2", "bucket", "create", "deepgram-transcripts", ...at]]);
    expect(first.databases).toEqual([["d1", "create", "deepgram-catalogue", ...at]]);
    expect(plan({ LOCATION: "weur" }, OLD)).toMatchObject({ buckets: [], databases: [] });
  });

  it("keeps the jurisdiction that the database has", () => {
    const account = { ...OLD, databases: [{ ...catalogue, jurisdiction: "eu" }] };
    expect(plan({}, account).jurisdiction).toBe("eu");
    expect(plan({ JURISDICTION: "eu" }, account).jurisdiction).toBe("eu");
    const create = ["d1", "create", "deepgram-catalogue", "--jurisdiction", "eu"];
    expect(plan({ JURISDICTION: "eu" }, NEW).databases).toEqual([create]);
  });

  it.each([
    ["eu", "us"],
    [null, "eu"],
    ["eu", "none"],
  ])("does not move data from jurisdiction %j to %j", (jurisdiction, wanted) => {
    const account = { ...OLD, databases: [{ ...catalogue, jurisdiction }] };
    expect(() => plan({ JURISDICTION: wanted }, account)).toThrow("its data cannot move to");
  });

  it("creates a database that is gone only when the place of the bucket is given", () => {
    const gone = { ...OLD, databases: [] };
    expect(() => plan({}, gone)).toThrow("Say --jurisdiction none, or the one of the first");
    expect(plan({ JURISDICTION: "none" }, gone)).toMatchObject({
      jurisdiction: "",
      databases: [["d1", "create", "deepgram-catalogue"]],
    });
  });

  it("uploads with the id of the database and the jurisdiction of the bucket, of its environment alone", () => {
    const { rawConfig } = experimental_readRawConfig({ config: "wrangler.toml" });
    const staging = { ...catalogue, name: "deepgram-catalogue-staging" };
    const pinned = pinnedConfig(rawConfig, "staging", "eu", [catalogue, staging]);
    expect(pinned.env?.staging?.d1_databases?.[0]?.database_id).toBe(UUID);
    expect(pinned.env?.staging?.r2_buckets?.[0]?.jurisdiction).toBe("eu");
    expect(pinned.d1_databases?.[0]?.database_id).toBeUndefined();
    expect(pinned.r2_buckets?.[0]?.jurisdiction).toBeUndefined();
    expect(rawConfig.env?.staging?.r2_buckets?.[0]?.jurisdiction).toBeUndefined();
  });

  it("adds the rules of expiry that the bucket lacks", () => {
    const listed =
      "name:          expire-sessions\nenabled:  Yes\n\nname:   Default Multipart Abort Rule\n";
    expect(missingRules("b", listed).map((command) => command.slice(5))).toEqual([
      ["expire-idempotency", "idempotency/", "--expire-days", "2"],
      ["abort-multipart", "--abort-multipart-days", "1", "--force"],
    ]);
  });
});

it("a dry run says what it could not check without an account", () => {
  expect(unchecked({ SIGNING_KEYS: "given" })).toContain(
    "whether the Worker has CALLBACK_CREDENTIALS, API_TOKENS, which were not given\n",
  );
  expect(unchecked(SECRETS)).not.toContain("which were not given");
});

it("tries the Worker with the first credentials and the token that may do most", () => {
  const given = {
    CALLBACK_CREDENTIALS: "a:first b:second",
    API_TOKENS: "r:read:reads s:submit:submits o:read+admin:operates",
  };
  expect(smokeAccess(given, {})).toEqual({ credentials: "a:first", token: "operates" });
  expect(smokeAccess(given, { SMOKE_TOKEN: "mine" })?.token).toBe("mine");
  expect(smokeAccess({}, {})).toBeNull();
});

it.each([
  ["a token that may not use D1", 10_000, "Account > D1 > Edit"],
  ["Analytics Engine that is off", 10_089, "/workers/analytics-engine"],
  ["R2 that is off", 10_042, "/r2/overview"],
])("says what is to be done about %s", (_, code, hint) => {
  expect(hintsOn(`The request failed. [code: ${code}]`)).toContain(hint);
  expect(hintsOn("The specified bucket does not exist. [code: 10006]")).toBe("");
});
