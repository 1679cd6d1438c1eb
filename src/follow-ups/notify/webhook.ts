import { Webhook } from "standardwebhooks";
import type { WebhookEndpoint } from "../../config/webhook-endpoints.ts";
import type { Facts } from "../../deepgram/callback.ts";
import { reasonOf } from "../../log.ts";
import type { CallbackRecord } from "../../store/record.ts";
import type { EffectOn } from "../effect.ts";
import type { Outcome } from "../outcome.ts";
import { retryAfterSeconds } from "./retry-after.ts";

const ANSWER_TIMEOUT_MS = 10_000;

/** The endpoint wants to hear nothing more. */
type Gone = { result: "gone" };

/** What is told, and the key of the telling: 64 hexadecimal digits. */
type News = { record: CallbackRecord; facts: Facts; publicUrl: string; key: string };

/**
 * Tells a webhook endpoint of a transcript, in the form of the Standard Webhooks specification. Every
 * attempt has the same `webhook-id` and body. Any 2xx is success; 410 is `gone`.
 */
export async function notifyWebhook(
  effect: EffectOn<"webhook">,
  endpoint: WebhookEndpoint,
  { record, facts, publicUrl, key }: News,
  now: number,
): Promise<Outcome | Gone> {
  const body = JSON.stringify(payload(effect, record, facts, publicUrl));
  const headers = signedHeaders(endpoint, `msg_${key.slice(0, 32)}`, body, now);
  try {
    const response = await fetch(endpoint.url, {
      method: "POST",
      headers,
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    await response.body?.cancel();
    return outcomeOf(response, now);
  } catch (error) {
    const late = error instanceof Error && error.name === "TimeoutError";
    return {
      result: "retry",
      error: late ? `no answer within ${ANSWER_TIMEOUT_MS} ms` : `not reached: ${reasonOf(error)}`,
    };
  }
}

function payload(
  effect: EffectOn<"webhook">,
  record: CallbackRecord,
  facts: Facts,
  publicUrl: string,
) {
  const url = `${publicUrl}/v1/transcripts/${record.requestId}`;
  const translation = "language" in effect ? { language: effect.language } : {};
  return {
    type: effect.event,
    timestamp: record.receivedAt,
    data: {
      request_id: record.requestId,
      url: "language" in effect ? `${url}/translations/${effect.language}` : url,
      ...translation,
      sha256: record.sha256,
      bytes: record.bytes,
      ...facts,
    },
  };
}

function signedHeaders(
  endpoint: WebhookEndpoint,
  id: string,
  body: string,
  now: number,
): Record<string, string> {
  const at = new Date(now);
  const signatures = endpoint.secrets.map((secret) => new Webhook(secret).sign(id, at, body));
  return {
    "content-type": "application/json",
    "user-agent": "deepgram-edge-receiver",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(now / 1_000)),
    "webhook-signature": signatures.join(" "),
  };
}

function outcomeOf({ ok, status, headers }: Response, now: number): Outcome | Gone {
  if (ok) return { result: "done" };
  const error = `the endpoint answered ${status}`;
  if (status === 410) return { result: "gone" };
  const wait = retryAfterSeconds(headers.get("retry-after"), now);
  return { result: "retry", error, ...(wait !== null && { retryAfterSeconds: wait }) };
}
