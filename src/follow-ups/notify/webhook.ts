import { Webhook } from "standardwebhooks";
import type { WebhookEndpoint } from "../../config/webhook-endpoints.ts";
import type { Facts } from "../../deepgram/callback.ts";
import { hex, sha256 } from "../../digest.ts";
import { reasonOf } from "../../log.ts";
import type { CallbackRecord } from "../../store/record.ts";
import { type Effect, effectName } from "../effect.ts";
import type { Outcome } from "../outcome.ts";
import { retryAfterSeconds } from "./retry-after.ts";

const ANSWER_TIMEOUT_MS = 10_000;

/**
 * Tells a webhook endpoint of a transcript, in the form of the Standard Webhooks specification. Every
 * attempt has the same `webhook-id` and body. Any 2xx is success; 410 ends the attempts.
 */
export async function notifyWebhook(
  effect: Effect,
  endpoint: WebhookEndpoint,
  record: CallbackRecord,
  facts: Facts,
  publicUrl: string,
  now: number,
): Promise<Outcome> {
  const body = JSON.stringify(payload(effect, record, facts, publicUrl));
  const headers = await signedHeaders(effect, endpoint, record, body, now);
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

function payload(effect: Effect, record: CallbackRecord, facts: Facts, publicUrl: string) {
  return {
    type: effect.event,
    timestamp: record.receivedAt,
    data: {
      request_id: record.requestId,
      url: `${publicUrl}/v1/transcripts/${record.requestId}`,
      sha256: record.sha256,
      bytes: record.bytes,
      ...facts,
    },
  };
}

async function signedHeaders(
  effect: Effect,
  endpoint: WebhookEndpoint,
  record: CallbackRecord,
  body: string,
  now: number,
): Promise<Record<string, string>> {
  const digest = hex(await sha256(`${record.requestId} ${effectName(effect)}`));
  const id = `msg_${digest.slice(0, 32)}`;
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

function outcomeOf({ ok, status, headers }: Response, now: number): Outcome {
  if (ok) return { result: "done" };
  const error = `the endpoint answered ${status}`;
  if (status === 410) return { result: "failed", error };
  const wait = retryAfterSeconds(headers.get("retry-after"), now);
  return { result: "retry", error, ...(wait !== null && { retryAfterSeconds: wait }) };
}
