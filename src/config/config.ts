import { type ApiToken, apiTokens, type TokenOwner } from "./api-tokens.ts";
import { type FollowUps, followUps } from "./follow-ups.ts";
import { type Providers, providers, urlSetting } from "./providers.ts";
import { type Recipients, recipients } from "./recipients.ts";
import { type Retention, retention } from "./retention.ts";
import { type WebhookEndpoint, webhookEndpoints } from "./webhook-endpoints.ts";

/** What is wrong with one setting, in words that may be shown to anyone. */
export type ConfigProblem = { name: string; problem: string };

export type Report = (name: string, problem: string) => void;

export type Config = {
  environment: "local" | "production";
  publicUrl: string;
  maxCallbackBytes: number;
  /** `user:password` pairs. Without these and without secrets no callback is accepted. */
  callbackCredentials: string[];
  callbackSecrets: string[];
  /** For per-job credentials, shares and sessions: the first signs, all verify. */
  signingKeys: string[];
  apiTokens: ApiToken[];
  /** Deepgram's API, for submissions and questions; the key and the project may be empty. */
  deepgram: { url: string; apiKey: string; projectId: string };
  /** After which a callback that has not come is overdue. */
  callbackDeadlineSeconds: number;
  /** After which streaming audio of which nothing comes is taken to be over. */
  liveSilenceSeconds: number;
  /** Whether audio given by its URL is submitted once more when its callback is overdue. */
  resubmitOverdue: boolean;
  /** Origins from which the transcript page may play audio. */
  audioOrigins: string[];
  /** Origins whose pages may call the API. */
  corsOrigins: string[];
  /** When transcripts are deleted. */
  retention: Retention;
  /** Whether what is said can be searched over all transcripts; without, words are nowhere but in R2. */
  isSearched: boolean;
  webhookEndpoints: Map<string, WebhookEndpoint>;
  followUps: FollowUps;
  /** Whom requests may name beside those in `followUps`. */
  recipients: Recipients;
  /** Languages asked for one request, over all calls; those in `followUps` do not count. */
  maxTranslations: number;
  /** E-mails and texts a UTC day. */
  dailyMessages: number;
  providers: Providers;
  /** Where alarms are sent; null sends them nowhere. */
  alertWebhook: string | null;
  problems: ConfigProblem[];
};

const MAX_CALLBACK_BYTES = 104_857_600;
const CALLBACK_DEADLINE_SECONDS = 900;
const LIVE_SILENCE_SECONDS = 300;
const MAX_TRANSLATIONS = 5;
const DAILY_MESSAGES = 1_000;
const DEEPGRAM_URL = "https://api.deepgram.com";
const JURISDICTIONS = ["none", "eu", "us", "fedramp"];
const LOCATIONS = ["weur", "eeur", "apac", "oc", "wnam", "enam"];
const MIN_KEY_CHARS = 32;
const MIN_CALLBACK_SECRET_CHARS = 16;

const configs = new WeakMap<Env, Config>();

/** The checked configuration of an environment, made once for each. */
export function configOf(env: Env): Config {
  const known = configs.get(env);
  if (known) return known;
  const config = readConfig(env);
  configs.set(env, config);
  return config;
}

/**
 * Checks the variables and secrets. Fails closed: an entry that is wrong is left out and named in
 * `problems`, the others hold; what is missing switches off the routes that need it.
 */
export function readConfig(env: Partial<Env>): Config {
  const problems: ConfigProblem[] = [];
  const report: Report = (name, problem) => problems.push({ name, problem });
  // Whatever is not called local is held to the rules of production.
  const environment = env.ENVIRONMENT === "local" ? "local" : "production";
  const secrets = (name: keyof Env) =>
    secretList(String(env[name] ?? ""), name, environment, report);
  const config: Config = {
    environment,
    publicUrl: publicUrl(env.PUBLIC_URL, environment, report),
    maxCallbackBytes:
      positiveInteger("MAX_CALLBACK_BYTES", env.MAX_CALLBACK_BYTES, report) ?? MAX_CALLBACK_BYTES,
    callbackCredentials: secrets("CALLBACK_CREDENTIALS").filter((pair) => {
      const valid = /^[^:]+:./.test(pair);
      if (!valid) report("CALLBACK_CREDENTIALS", "an entry is not user:password");
      return valid;
    }),
    callbackSecrets: secrets("CALLBACK_SECRETS"),
    signingKeys: secrets("SIGNING_KEYS").filter((key) => {
      const isLong = key.length >= MIN_KEY_CHARS;
      if (!isLong) report("SIGNING_KEYS", `an entry has fewer than ${MIN_KEY_CHARS} characters`);
      return isLong;
    }),
    apiTokens: apiTokens(secrets("API_TOKENS"), environment, report),
    deepgram: {
      url: urlSetting("DEEPGRAM_URL", env.DEEPGRAM_URL, report) ?? DEEPGRAM_URL,
      apiKey: env.DEEPGRAM_API_KEY ?? "",
      projectId: env.DEEPGRAM_PROJECT_ID ?? "",
    },
    callbackDeadlineSeconds:
      positiveInteger("CALLBACK_DEADLINE_SECONDS", env.CALLBACK_DEADLINE_SECONDS, report) ??
      CALLBACK_DEADLINE_SECONDS,
    liveSilenceSeconds:
      positiveInteger("LIVE_SILENCE_SECONDS", env.LIVE_SILENCE_SECONDS, report) ??
      LIVE_SILENCE_SECONDS,
    resubmitOverdue: env.RESUBMIT_OVERDUE === "true",
    audioOrigins: origins("AUDIO_ORIGINS", env.AUDIO_ORIGINS, report),
    corsOrigins: origins("CORS_ORIGINS", env.CORS_ORIGINS, report),
    retention: retention(
      env.RETENTION,
      positiveInteger("RETENTION_DAYS", env.RETENTION_DAYS, report),
      report,
    ),
    isSearched: isOn("SEARCH", env.SEARCH, report),
    webhookEndpoints: webhookEndpoints(env.WEBHOOK_ENDPOINTS, environment, report),
    followUps: followUps(env.FOLLOW_UPS, report),
    recipients: recipients(env.RECIPIENTS, report),
    maxTranslations:
      wholeNumber("MAX_TRANSLATIONS", env.MAX_TRANSLATIONS, report) ?? MAX_TRANSLATIONS,
    dailyMessages: wholeNumber("DAILY_MESSAGES", env.DAILY_MESSAGES, report) ?? DAILY_MESSAGES,
    providers: providers(env, report),
    alertWebhook: urlSetting("ALERT_WEBHOOK", env.ALERT_WEBHOOK, report),
    problems,
  };
  if (config.callbackCredentials.length + config.callbackSecrets.length === 0) {
    report(
      "CALLBACK_CREDENTIALS",
      "neither this nor CALLBACK_SECRETS is set: callbacks are refused",
    );
  }
  oneOf("JURISDICTION", env.JURISDICTION, JURISDICTIONS, report);
  oneOf("LOCATION", env.LOCATION, LOCATIONS, report);
  reportUnable(config, report);
  reportWeak(config, report);
  if (config.signingKeys.length === 0) {
    report("SIGNING_KEYS", "none: job callbacks, share links and sign-in are refused");
  }
  if (config.apiTokens.length === 0) report("API_TOKENS", "not set: the API is closed");
  return config;
}

/**
 * Callback passwords and secrets that could be guessed, in production. They are reported, which stops a
 * deployment, and accepted all the same: to refuse one that Deepgram was given would lose transcripts.
 */
function reportWeak(config: Omit<Config, "problems">, report: Report): void {
  if (config.environment === "local") return;
  const isWeak = (secret: string) => secret.length < MIN_CALLBACK_SECRET_CHARS;
  const passwords = config.callbackCredentials.map((pair) => pair.slice(pair.indexOf(":") + 1));
  if (passwords.some(isWeak)) {
    report(
      "CALLBACK_CREDENTIALS",
      `a password has fewer than ${MIN_CALLBACK_SECRET_CHARS} characters`,
    );
  }
  if (config.callbackSecrets.some(isWeak)) {
    report("CALLBACK_SECRETS", `an entry has fewer than ${MIN_CALLBACK_SECRET_CHARS} characters`);
  }
}

/** What is to follow every transcript, and cannot. */
function reportUnable(config: Omit<Config, "problems">, report: Report): void {
  const { followUps, providers, webhookEndpoints } = config;
  for (const { channel, to } of followUps.notify) {
    if (channel === "webhook") {
      if (!webhookEndpoints.has(to)) {
        report("FOLLOW_UPS", `the webhook ${to} is not in WEBHOOK_ENDPOINTS`);
      }
    } else {
      const setting = providers[channel];
      if (!setting.ok) report("FOLLOW_UPS", `${channel} needs ${setting.missing}`);
    }
  }
  if (followUps.translate.length > 0 && !providers.translator.ok) {
    report("FOLLOW_UPS", `translate needs ${providers.translator.missing}`);
  }
}

function publicUrl(value: string | undefined, environment: string, report: Report): string {
  const url = URL.parse(value ?? "");
  if (url === null || !/^https?:$/.test(url.protocol)) {
    report("PUBLIC_URL", "not an http or https URL: links in follow-ups have no host");
    return "";
  }
  if (environment === "production" && url.protocol === "http:") {
    report("PUBLIC_URL", "not the https URL of this Worker: links in follow-ups lead nowhere");
  }
  return url.href.replace(/\/$/, "");
}

/** Absent or empty is on; anything but `on` and `off` is reported, and is off: nothing is kept that may not be. */
function isOn(name: string, value: string | undefined, report: Report): boolean {
  if (value !== undefined && !["", "on", "off"].includes(value)) {
    report(name, "neither on nor off: it is taken for off");
    return false;
  }
  return value !== "off";
}

/** Null where the value is absent, empty or wrong; 0 allows none. */
function wholeNumber(name: string, value: string | undefined, report: Report): number | null {
  return value === "0" ? 0 : positiveInteger(name, value, report);
}

/** Null where the value is absent, empty or wrong. */
function positiveInteger(name: string, value: string | undefined, report: Report): number | null {
  if (value === undefined || value === "") return null;
  if (/^[1-9]\d{0,14}$/.test(value)) return Number(value);
  report(name, "not a positive whole number: it is passed over");
  return null;
}

function oneOf(name: string, value = "", known: string[], report: Report): void {
  if (value !== "" && !known.includes(value)) report(name, `none of ${known.join(", ")}`);
}

/** Reads origins (RFC 6454) separated by white space, such as `https://app.example.com`. */
function origins(name: string, value: string | undefined, report: Report): string[] {
  const entries = (value ?? "").split(/\s+/).filter((entry) => entry !== "");
  return entries.filter((entry) => {
    const isOrigin = URL.parse(entry)?.origin === entry;
    if (!isOrigin) report(name, "an entry is not an origin such as https://example.com");
    return isOrigin;
  });
}

// The values of .dev.vars.example: they are public, and nobody may be let in with them.
const EXAMPLE_SECRETS = [
  "local-callback-password",
  "local-callback-secret",
  "local-signing-key-",
  "local-read-token",
  "local-submit-token",
  "local-admin-token",
];

/** The entries of a list separated by white space; in production those of the example are left out. */
function secretList(
  value: string,
  name: string,
  environment: "local" | "production",
  report: Report,
): string[] {
  const entries = value.split(/\s+/).filter((entry) => entry !== "");
  if (environment === "local") return entries;
  return entries.filter((entry) => {
    const example = EXAMPLE_SECRETS.some((secret) => entry.includes(secret));
    if (example) report(name, "a value of .dev.vars.example is refused outside local use");
    return !example;
  });
}

/** What Hono's handlers find in their context. */
export type AppEnv = {
  Bindings: Env;
  Variables: {
    config: Config;
    /** Whose API token came with the request; only behind `requireScope`. */
    caller: TokenOwner;
  };
};

/** Where a deployment keeps its Durable Objects. */
export type Placement = Pick<Env, "JURISDICTION" | "LOCATION">;

/**
 * The Durable Object of a name, in the jurisdiction of this deployment: the same name in another one is
 * another object. `LOCATION` is where it is created, if possible.
 */
export function placedObject<Kind extends Rpc.DurableObjectBranded | undefined>(
  objects: DurableObjectNamespace<Kind>,
  { JURISDICTION, LOCATION }: Placement,
  name: string,
): DurableObjectStub<Kind> {
  const inJurisdiction =
    JURISDICTION && JURISDICTION !== "none"
      ? objects.jurisdiction(JURISDICTION as DurableObjectJurisdiction)
      : objects;
  const hint = LOCATION ? { locationHint: LOCATION as DurableObjectLocationHint } : {};
  return inJurisdiction.getByName(name, hint);
}
