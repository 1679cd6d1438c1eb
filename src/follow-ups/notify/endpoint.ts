import type { EffectOn } from "../../config/effect.ts";
import { hex, sha256 } from "../../lib/digest.ts";
import { log, reasonOf } from "../../lib/log.ts";
import type { Attempt } from "../attempt.ts";
import type { Outcome } from "../outcome.ts";
import { notifyWebhook } from "./webhook.ts";

/**
 * Tells a configured endpoint. One that answered 410 Gone is told nothing more until its URL is
 * another one, or a person has an effect done again and it accepts that.
 */
export async function notifyEndpoint(
  effect: EffectOn<"webhook">,
  attempt: Attempt,
): Promise<Outcome> {
  const { env, config, subject, generation, key } = attempt;
  const endpoint = config.webhookEndpoints.get(effect.to);
  if (!endpoint) {
    // A slip in the configuration is mended; an endpoint that was taken out of it is gone.
    const isSlip = config.problems.some(({ name }) => name === "WEBHOOK_ENDPOINTS");
    return { result: isSlip ? "retry" : "failed", error: "the endpoint is not configured" };
  }
  const disabled = await disabledSince(env.SETTINGS, effect.to, endpoint.url);
  if (disabled !== null && generation === 0) {
    return { result: "failed", error: `the endpoint answered 410 on ${disabled} and is disabled` };
  }
  await attempt.confirm();
  const news = { subject, publicUrl: config.publicUrl, key };
  const outcome = await notifyWebhook(effect, endpoint, news, Date.now());
  if (outcome.result === "gone") {
    await disableEndpoint(env.SETTINGS, effect.to, endpoint.url, new Date().toISOString());
    log("error", "endpoint.disabled", { endpoint: effect.to });
    return { result: "failed", error: "the endpoint answered 410 and is disabled now" };
  }
  if (outcome.result === "done" && disabled !== null) {
    // It has been told: a KV that is away must not have it told again.
    await enableEndpoint(env.SETTINGS, effect.to, endpoint.url).catch((error) =>
      log("warn", "endpoint.still-disabled", { endpoint: effect.to, reason: reasonOf(error) }),
    );
  }
  return outcome;
}

// With its URL: an endpoint of another one is another endpoint.
const keyOf = async (name: string, url: string) =>
  `disabled-endpoints/${name}/${hex(await sha256(url)).slice(0, 32)}`;

/** When an endpoint was disabled (ISO 8601, UTC), or null. KV may tell it a minute late. */
async function disabledSince(
  settings: KVNamespace,
  name: string,
  url: string,
): Promise<string | null> {
  return settings.get(await keyOf(name, url));
}

async function disableEndpoint(
  settings: KVNamespace,
  name: string,
  url: string,
  since: string,
): Promise<void> {
  await settings.put(await keyOf(name, url), since);
}

async function enableEndpoint(settings: KVNamespace, name: string, url: string): Promise<void> {
  await settings.delete(await keyOf(name, url));
}
