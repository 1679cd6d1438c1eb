import * as z from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
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

/** What endpoints in `WEBHOOK_ENDPOINTS` are sent, for the API document. */
export function webhookOperations(): ZodOpenApiPathsObject {
  const descriptions: Record<z.infer<typeof schema>["type"], string> = {
    "transcript.received": "A transcript has come, also in the place of a failure.",
    "transcript.failed": "Deepgram could not transcribe the audio.",
    "transcript.overdue": "Deepgram's callback has not come within its time.",
    "transcript.updated":
      "Another body has taken the place of the current one: a stream's fuller document, or one that an operator promoted. Read the transcript again.",
    "translation.completed":
      "A translation has ended; it is sent again for each body that becomes the current one.",
  };
  const schema = webhookMessage();
  const operations = Object.entries(descriptions).map(([type, description]) => [
    type,
    {
      post: {
        operationId: type,
        summary: type,
        description: `${description} Every attempt has the same \`webhook-id\`; one that an operator asks for again has another.`,
        requestBody: {
          description: "Signed in the header `webhook-signature`.",
          required: true,
          content: { "application/json": { schema } },
        },
        responses: {
          "2XX": { description: "It is taken." },
          410: { description: "The endpoint is sent nothing more." },
        },
      },
    },
  ]);
  return Object.fromEntries(operations);
}

/** More facts of the status stand in `data`. */
const webhookMessage = () =>
  z
    .object({
      type: z.enum([
        "transcript.received",
        "transcript.failed",
        "transcript.overdue",
        "transcript.updated",
        "translation.completed",
      ]),
      timestamp: z.iso.datetime(),
      data: z.looseObject({
        request_id: z.string(),
        url: z.url(),
        sha256: z
          .string()
          .optional()
          .describe("Of the stored body, in hexadecimal; absent of one that has not come."),
        language: z.string().optional().describe("Of `translation.completed`."),
        state: z
          .enum(["received", "failed"])
          .optional()
          .describe("Of `transcript.updated`: what the current body is."),
        replaced: z
          .string()
          .optional()
          .describe("Of `transcript.updated`: the SHA-256 of the body that was current before."),
      }),
    })
    .meta({ id: "WebhookMessage" });
