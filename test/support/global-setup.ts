import type { TestProject } from "vitest/node";
import { startFakeProviders } from "./providers/fake-providers.ts";
import { startFakeServer } from "./providers/fake-server.ts";
import { startFakeUsage } from "./providers/fake-usage.ts";
import { startWebhookReceiver } from "./providers/webhook-receiver.ts";
import { WEBHOOK_SECRET } from "./webhook-secret.ts";

/** Starts what the tests inside workerd can only reach over HTTP. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const receiver = await startWebhookReceiver({ secret: WEBHOOK_SECRET });
  const providers = await startFakeProviders();
  const sink = await startFakeServer(() => ({
    serve: () => ({ status: 204 }),
    state: () => ({}),
  }));
  const usage = await startFakeUsage();
  project.provide("usageUrl", usage.url);
  project.provide("webhookUrl", receiver.url);
  project.provide("providers", providers.urls);
  project.provide("sinkUrl", sink.url);
  return async () => {
    await Promise.all([receiver.close(), providers.close(), sink.close(), usage.close()]);
  };
}
