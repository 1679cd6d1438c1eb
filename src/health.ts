import type { Config } from "./config.ts";
import type { Handler } from "./http/route.ts";
import { askStorage } from "./observe/storage-health.ts";
import { callerOf } from "./sessions/require-scope.ts";

/** Whether the Worker can do its work with the configuration it has; never what a secret is. */
export function health({ callbackCredentials, callbackSecrets, apiTokens, problems }: Config) {
  const configured = {
    callbacks: callbackCredentials.length + callbackSecrets.length > 0,
    api: apiTokens.length > 0,
  };
  const healthy = configured.callbacks && configured.api;
  return { status: healthy ? "ok" : "misconfigured", configured, problems } as const;
}

/** `GET /health`: for operators also whether the storage answers. */
export const getHealth: Handler = async (c) => {
  const report = health(c.var.config);
  const isFine = report.status === "ok";
  const headers = { "cache-control": "no-store" };
  const caller = await callerOf(c).catch(() => null);
  if (!caller?.scopes.includes("admin")) return c.json(report, isFine ? 200 : 503, headers);
  const storage = await askStorage(c.env, Date.now());
  const isReached = storage.r2.reachable && storage.d1.reachable && storage.kv.reachable;
  const status = isFine && !isReached ? "storage-unavailable" : report.status;
  return c.json({ ...report, status, storage }, isFine && isReached ? 200 : 503, headers);
};
