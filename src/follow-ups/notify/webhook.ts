import type { EffectOn } from "../../config/effect.ts";
import { tokenNameOf } from "../../config/token-owner.ts";
import type { WebhookEndpoint } from "../../config/webhook-endpoints.ts";
import { reasonOf } from "../../lib/log.ts";
import { signWebhook } from "../../lib/sign-webhook.ts";
import { resultKind } from "../../store/record.ts";
import type { Outcome } from "../outcome.ts";
import type { Subject } from "../subject.ts";
import { retryAfterSeconds } from "./retry-after.ts";

const ANSWER_TIMEOUT_MS = 10_000;

/** The endpoint wants to hear nothing more. */
type Gone = { result: "gone" };

/** What is told, and the key of the telling: 64 hexadecimal digits. */
type News = { subject: Subject; publicUrl: string; key: string };

/**
 * Tells a webhook endpoint of a transcript, in the form of the Standard Webhooks specification. Every
 * attempt has the same `webhook-id` and body. Any 2xx is success; 410 is `gone`.
 */
export async function notifyWebhook(
  effect: EffectOn<"webhook">,
  endpoint: WebhookEndpoint,
  { subject, publicUrl, key }: News,
  now: number,
): Promise<Outcome | Gone> {
  const body = JSON.stringify(payload(effect, subject, publicUrl));
  const headers = await signedHeaders(endpoint, `msg_${key.slice(0, 32)}`, body, now);
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

function payload(effect: EffectOn<"webhook">, subject: Subject, publicUrl: string) {
  const { requestId } = subject;
  const url = `${publicUrl}/v1/transcripts/${requestId}`;
  const about =
    "language" in effect
      ? { url: `${url}/translations/${effect.language}`, language: effect.language }
      : { url };
  const update =
    effect.event === "transcript.updated" && subject.is === "stored"
      ? { state: subject.record.state, replaced: effect.replaced }
      : {};
  return {
    type: effect.event,
    timestamp: timeOf(subject),
    data: { request_id: requestId, ...about, ...update, ...factsIn(subject) },
  };
}

/** The same for every attempt. */
const timeOf = (subject: Subject): string =>
  subject.is === "stored"
    ? (subject.record.succession?.promotedAt ?? subject.record.receivedAt)
    : (subject.expectation.deadlineAt ?? subject.expectation.expectedAt);

function factsIn(subject: Subject) {
  if (subject.is === "missing") {
    const { expectedAt, deadlineAt, reason, tokenId } = subject.expectation;
    const registered_by = tokenId && tokenNameOf(tokenId);
    return { expected_at: expectedAt, deadline_at: deadlineAt, reason, registered_by };
  }
  const { audio_sha256: _, ...facts } = subject.facts;
  const { sha256, bytes } = subject.record;
  return { sha256, bytes, kind: resultKind(subject.record), ...facts };
}

async function signedHeaders(
  endpoint: WebhookEndpoint,
  id: string,
  body: string,
  now: number,
): Promise<Record<string, string>> {
  const timestamp = Math.floor(now / 1_000);
  const signatures = await Promise.all(
    endpoint.secrets.map((secret) => signWebhook(secret, { id, timestamp, body })),
  );
  return {
    "content-type": "application/json",
    "user-agent": "deepgram-edge-receiver",
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
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
