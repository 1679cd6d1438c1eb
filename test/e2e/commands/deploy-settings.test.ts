import { describe, expect, it } from "vitest";
import { unstable_readConfig } from "wrangler";
import { problemsOf, refusal } from "../../../src/commands/deploy/check.ts";
import { hintsOn } from "../../../src/commands/deploy/hints.ts";
import { deployOptions } from "../../../src/commands/deploy/options.ts";
import { givenSecrets, secretNames } from "../../../src/commands/deploy/secrets.ts";

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
  refusal(
    problems(settings),
    { environment, config: "wrangler.toml" },
    { isFirst, vars: { ...(config.vars as Record<string, string>), ...settings.vars } },
  );

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

describe("the command line of a deployment", () => {
  it("refuses a wait that would never end", () => {
    expect(() => deployOptions(["--smoke-wait", "soon"])).toThrow(
      "--smoke-wait is not a number of seconds",
    );
  });

  it("takes what is ours and leaves the rest to wrangler deploy", () => {
    const options = deployOptions([
      ...["--env", "staging", "--secrets-file=secrets.vars", "--smoke-wait", "5"],
      ...["--var", `PUBLIC_URL:${ADDRESS}`, "--dry-run"],
    ]);
    expect(options).toMatchObject({
      environment: "staging",
      target: ["--env", "staging", "--config", "wrangler.toml"],
      secretsFile: "secrets.vars",
      vars: { PUBLIC_URL: ADDRESS },
      dryRun: true,
      smokeWaitMs: 5_000,
      flags: ["--var", `PUBLIC_URL:${ADDRESS}`, "--dry-run"],
    });
  });
});

it.each([
  ["a token that may not use D1", 10_000, "Account > D1 > Edit"],
  ["Analytics Engine that is off", 10_089, "/workers/analytics-engine"],
  ["R2 that is off", 10_042, "/r2/overview"],
])("says what is to be done about %s", (_, code, hint) => {
  expect(hintsOn(`The request failed. [code: ${code}]`)).toContain(hint);
  expect(hintsOn("The specified bucket does not exist. [code: 10006]")).toBe("");
});
