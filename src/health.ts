import type { Config } from "./config.ts";
import type { Handler } from "./http/route.ts";

/** Whether the Worker can do its work with the configuration it has; never what a secret is. */
export function health({ callbackCredentials, callbackSecrets, apiTokens, problems }: Config) {
  const configured = {
    callbacks: callbackCredentials.length + callbackSecrets.length > 0,
    api: apiTokens.length > 0,
  };
  const healthy = configured.callbacks && configured.api;
  return { status: healthy ? "ok" : "misconfigured", configured, problems } as const;
}

/** `GET /health` */
export const getHealth: Handler = (c) => {
  const report = health(c.var.config);
  return c.json(report, report.status === "ok" ? 200 : 503, { "cache-control": "no-store" });
};
