import type { Context } from "hono";
import type { AppEnv } from "./app-env.ts";
import type { Config } from "./config.ts";
import type { Handler } from "./http/route.ts";
import { askStorage } from "./observe/storage-health.ts";
import { callerOf, unauthorized } from "./sessions/require-scope.ts";

const RETRY_AFTER_SECONDS = "60";

/** Whether the Worker can do its work with the configuration it has; never what a secret is. */
export function health({ callbackCredentials, callbackSecrets, apiTokens, problems }: Config) {
  const configured = {
    callbacks: callbackCredentials.length + callbackSecrets.length > 0,
    api: apiTokens.length > 0,
  };
  const healthy = configured.callbacks && configured.api;
  return { status: healthy ? "ok" : "misconfigured", configured, problems } as const;
}

/**
 * `GET /health`: open, and for operators also which version answers and whether the storage does. A
 * token that nobody has, or that cannot be looked up, gets no answer that could pass for theirs.
 */
export const getHealth: Handler = async (c) => {
  const { config } = c.var;
  const report = health(config);
  const caller = await callerOf(c);
  const authorization = c.req.header("authorization");
  if (caller === null && authorization && report.configured.api) throw unauthorized(authorization);
  if (!caller?.scopes.includes("admin")) return answer(c, report);
  const storage = await askStorage(c.env, Date.now());
  const isReached = storage.r2.reachable && storage.d1.reachable && storage.kv.reachable;
  const status = report.status === "ok" && !isReached ? "storage-unavailable" : report.status;
  return answer(c, { ...report, status, version: c.env.VERSION.id, storage });
};

const answer = <Report extends { status: string }>(c: Context<AppEnv>, report: Report) =>
  report.status === "ok"
    ? c.json(report, 200, { "cache-control": "no-store" })
    : c.json(report, 503, { "cache-control": "no-store", "retry-after": RETRY_AFTER_SECONDS });
