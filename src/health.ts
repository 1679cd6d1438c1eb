import type { Config } from "./config.ts";

/** Whether the Worker can do its work with the configuration it has; never what a secret is. */
export function health({ callbackCredentials, callbackSecrets, apiTokens, problems }: Config) {
  const configured = {
    callbacks: callbackCredentials.length + callbackSecrets.length > 0,
    api: apiTokens.length > 0,
  };
  const healthy = configured.callbacks && configured.api;
  return { status: healthy ? "ok" : "misconfigured", configured, problems } as const;
}
