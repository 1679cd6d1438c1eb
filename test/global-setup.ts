import type { TestProject } from "vitest/node";
import { startWebhookReceiver } from "./providers/webhook-receiver.ts";
import { WEBHOOK_SECRET } from "./support/webhook-secret.ts";

/** Starts what the tests inside workerd can only reach over HTTP. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const receiver = await startWebhookReceiver({ secret: WEBHOOK_SECRET });
  project.provide("webhookUrl", receiver.url);
  return receiver.close;
}
