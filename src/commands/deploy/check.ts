import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import type { Unstable_Config } from "wrangler";
import * as z from "zod";

/** What is wrong with one setting before a deployment. */
export type Problem = { name: string; problem: string };

export type Checked = {
  config: Unstable_Config;
  /** Variables as they will be. */
  vars: Record<string, string>;
  /** Secrets with values, and names of those that are on Cloudflare and cannot be read. */
  given: Record<string, string>;
  deployed: string[];
};

/** https://developers.cloudflare.com/workers/platform/limits/#environment-variables */
const MAX_VALUE_BYTES = 5_120;

type Setting = { ok: boolean; missing?: string };

type Worker = {
  readConfig: (env: Record<string, string>) => {
    problems: Problem[];
    providers: Record<"email" | "sms" | "translator", Setting>;
  };
};

// By an address that the compiler does not follow: it checks this with the types of Node, but the code
// of the Worker with those of its runtime.
const { readConfig }: Worker = await import(
  new URL("../../config/config.ts", import.meta.url).href
);

/**
 * All that would keep the Worker from doing its work, by the checks that it makes itself. A secret
 * that is on Cloudflare already is taken to be right: `/health` tells.
 */
export function problemsOf(checked: Checked): Problem[] {
  const { config, vars, given, deployed } = checked;
  const unread = deployed.filter((name) => !(name in given));
  const known = { ...vars, ...Object.fromEntries(unread.map((name) => [name, taken(name, vars)])) };
  const env = { ...known, ...given, ENVIRONMENT: "production" };
  const { problems, providers } = readConfig(env);
  return [
    ...problems,
    ...providerProblems(providers, env, problems),
    ...queueProblems(config),
    ...(vars.ENVIRONMENT === "production"
      ? []
      : [{ name: "ENVIRONMENT", problem: "not production: the rules of production are off" }]),
    ...Object.keys(given)
      .filter((name) => !secretNames().includes(name))
      .map((name) => ({ name, problem: "none of the secrets of .dev.vars.example" })),
    ...Object.entries({ ...vars, ...given }).flatMap(([name, value]) => {
      const bytes = Buffer.byteLength(value);
      return bytes <= MAX_VALUE_BYTES
        ? []
        : [{ name, problem: `${bytes} bytes, and Cloudflare takes 5 KB (${MAX_VALUE_BYTES})` }];
    }),
  ];
}

/** Secrets that a check without an account takes for set: all that the variables may need. */
export const assumedSecrets = ({ SMS_FROM }: Record<string, string>): string[] =>
  secretNames().filter((name) => SMS_FROM || !name.startsWith("TWILIO_"));

/** What a check without an account leaves open. */
export function unchecked(given: Record<string, string>): string {
  const absent = ["CALLBACK_CREDENTIALS", "SIGNING_KEYS", "API_TOKENS"].filter(
    (n) => !(n in given),
  );
  return `Not checked, since it takes an account:
${absent.length > 0 ? `  whether the Worker has ${absent.join(", ")}, which were not given\n` : ""}\
  whether R2, Analytics Engine and a workers.dev subdomain are enabled, and the plan is Workers Paid
  what the API token may do
  what exists already, and in which jurisdiction`;
}

/** What a secret that cannot be read is taken for: well-formed, and fit for what `FOLLOW_UPS` names. */
function taken(name: string, { FOLLOW_UPS = "" }: Record<string, string>): string {
  switch (name) {
    case "CALLBACK_CREDENTIALS":
      return "on:cloudflare-where-nobody-can-read-it";
    case "API_TOKENS":
      return "deployed:read+submit+admin:on-cloudflare-where-nobody-can-read-it";
    case "WEBHOOK_ENDPOINTS": {
      const names = [...FOLLOW_UPS.matchAll(/"to"\s*:\s*"([\w-]+)"/g)].map(([, to]) => to);
      const endpoint = { url: "https://example.com", secret: "whsec_b24gQ2xvdWRmbGFyZQ==" };
      return JSON.stringify(Object.fromEntries(names.map((to) => [to, endpoint])));
    }
    case "ALERT_WEBHOOK":
      return "https://example.com";
    default:
      return "on-cloudflare-where-nobody-can-read-it";
  }
}

/** Providers that were chosen and cannot work. */
function providerProblems(
  { email, sms, translator }: Record<"email" | "sms" | "translator", Setting>,
  env: Record<string, string>,
  reported: Problem[],
): Problem[] {
  const chosen = [
    { setting: email, by: "EMAIL_FROM", isChosen: Boolean(env.EMAIL_FROM) },
    {
      setting: sms,
      by: env.SMS_FROM ? "SMS_FROM" : "TWILIO_ACCOUNT_SID",
      isChosen: Boolean(env.SMS_FROM || env.TWILIO_ACCOUNT_SID),
    },
    { setting: translator, by: "TRANSLATOR", isChosen: true },
  ];
  return chosen.flatMap(({ setting: { ok, missing = "" }, by, isChosen }) => {
    const isReported = reported.some(
      ({ name, problem }) => name === missing || problem.includes(missing),
    );
    if (ok || !isChosen || isReported) return [];
    return [{ name: missing, problem: `not set, and ${by} needs it` }];
  });
}

/** The Worker knows its queue of dead letters by the name. */
function queueProblems({ queues }: Unstable_Config): Problem[] {
  const isDead = (name: string | undefined) => name?.includes("dead-letters") === true;
  const wrong = [
    ...(queues.consumers ?? []).filter(
      ({ queue, dead_letter_queue }) => !isDead(queue) && !isDead(dead_letter_queue),
    ),
    ...(queues.producers ?? []).filter(
      ({ queue, binding }) => isDead(queue) !== (binding === "DEAD_LETTER_QUEUE"),
    ),
  ];
  return wrong.map(({ queue }) => ({
    name: String(queue),
    problem: "a dead_letter_queue has dead-letters in its name, and no other queue",
  }));
}

/** What is wrong, and for each setting how it is set right. */
export function refusal(
  problems: Problem[],
  environment: string,
  { isFirst, vars }: { isFirst: boolean; vars: Record<string, string> },
): string {
  const flag = environment === "production" ? "" : ` --env ${environment}`;
  const table = environment === "production" ? "vars" : `env.${environment}.vars`;
  const how = (name: string) => {
    if (secretNames().includes(name)) return [`    npx wrangler secret put ${name}${flag}`];
    return name in vars ? [`    set it in wrangler.toml under [${table}]`] : [];
  };
  const lines = problems.flatMap(({ name, problem }) => [`${name}: ${problem}`, ...how(name)]);
  const first = [
    "",
    "There is no such Worker yet. Put its secrets into a file like .dev.vars.example, then",
    `    npm run deploy -- --secrets-file FILE${flag}`,
  ];
  return ["Nothing was touched. This is wrong:", ...lines, ...(isFirst ? first : [])].join("\n");
}

/** Names of the secrets that this Worker knows, as .dev.vars.example has them. */
export const secretNames = (): string[] =>
  Object.keys(
    parseEnv(readFileSync(new URL("../../../.dev.vars.example", import.meta.url), "utf8")),
  );

/** The values of a file in the form of .dev.vars or JSON; empty ones count as absent. */
export function givenSecrets(file: string | undefined): Record<string, string> {
  if (file === undefined) return {};
  const text = readFileSync(file, "utf8");
  const values = text.trimStart().startsWith("{")
    ? z.record(z.string(), z.string()).parse(JSON.parse(text))
    : parseEnv(text);
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
}

const ENTRY = /^[^:]+:([^:]+):(.+)$/;

/**
 * What `npm run smoke` needs: SMOKE_CREDENTIALS and SMOKE_TOKEN of the environment, or else the first
 * pair and the token with the most scopes of the given secrets. Null when one of the two is missing.
 */
export function smokeAccess(
  { CALLBACK_CREDENTIALS = "", API_TOKENS = "" }: Record<string, string>,
  { SMOKE_CREDENTIALS, SMOKE_TOKEN }: NodeJS.ProcessEnv,
): { credentials: string; token: string } | null {
  const entries = API_TOKENS.split(/\s+/).flatMap((entry) => {
    const [, scopes = "", token] = ENTRY.exec(entry) ?? [];
    return token === undefined ? [] : [{ scopes: scopes.split("+"), token }];
  });
  const readers = entries.filter(({ scopes }) => scopes.includes("read"));
  const [best] = readers.sort((a, b) => b.scopes.length - a.scopes.length);
  const credentials = SMOKE_CREDENTIALS || CALLBACK_CREDENTIALS.trim().split(/\s+/)[0];
  const token = SMOKE_TOKEN || best?.token;
  return credentials && token ? { credentials, token } : null;
}
