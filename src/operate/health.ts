import type { Context } from "hono";
import { callerOf, unauthorized } from "../auth/require-scope.ts";
import type { AppEnv } from "../config/app-env.ts";
import type { Config } from "../config/config.ts";
import type { Handler } from "../http/route.ts";
import { askStorage } from "./storage-health.ts";

const RETRY_AFTER_SECONDS = "60";

/**
 * Whether the Worker can do its work with the configuration it has; never what a secret is. Problems
 * quote the configuration, names of endpoints for example: others than operators are shown the names
 * of the settings alone.
 */
export function health(config: Config, isOperator: boolean) {
  const problems: { name: string; problem?: string | undefined }[] = isOperator
    ? config.problems
    : [...new Set(config.problems.map(({ name }) => name))].map((name) => ({ name }));
  const has = {
    CALLBACK_CREDENTIALS: config.callbackCredentials.length + config.callbackSecrets.length > 0,
    API_TOKENS: config.apiTokens.length > 0,
    SIGNING_KEYS: config.signingKeys.length > 0,
    PUBLIC_URL: config.publicUrl !== "",
    DEEPGRAM_API_KEY: config.deepgram.apiKey !== "",
  };
  const configured = {
    callbacks: has.CALLBACK_CREDENTIALS,
    api: has.API_TOKENS,
    submissions: has.SIGNING_KEYS && has.PUBLIC_URL && has.DEEPGRAM_API_KEY,
  };
  const missing = Object.entries(has).flatMap(([name, isThere]) => (isThere ? [] : name));
  const status = configured.callbacks && configured.api ? "ok" : "misconfigured";
  return { status, configured, missing, problems } as const;
}

/**
 * `GET /health`: open, and for operators (tokens of scope `admin`) also what is wrong with which
 * setting, which version answers and whether the storage does. A token that nobody has, or that cannot be looked up, gets no answer that could pass for theirs.
 */
export const getHealth: Handler = async (c) => {
  const { config } = c.var;
  const caller = await callerOf(c);
  const isOperator = caller?.scopes.includes("admin") === true;
  const report = health(config, isOperator);
  const authorization = c.req.header("authorization");
  if (caller === null && authorization && report.configured.api) throw unauthorized(authorization);
  if (!isOperator) return answer(c, report);
  const storage = await askStorage(c.env, Date.now());
  const isReached = storage.r2.reachable && storage.d1.reachable && storage.kv.reachable;
  const status = report.status === "ok" && !isReached ? "storage-unavailable" : report.status;
  return answer(c, { ...report, status, version: c.env.VERSION.id, storage });
};

const answer = <Report extends { status: string }>(c: Context<AppEnv>, report: Report) =>
  report.status === "ok"
    ? c.json(report, 200, { "cache-control": "no-store" })
    : c.json(report, 503, { "cache-control": "no-store", "retry-after": RETRY_AFTER_SECONDS });
