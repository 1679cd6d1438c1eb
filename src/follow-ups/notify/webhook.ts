import * as z from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { tokenNameOf } from "../../config/api-tokens.ts";
import type { EffectOn } from "../../config/follow-ups.ts";
import { secretBytes, type WebhookEndpoint } from "../../config/webhook-endpoints.ts";
import { KINDS } from "../../deepgram/callback.ts";
import { hex, sha256 } from "../../lib/digest.ts";
import { log, reasonOf } from "../../lib/log.ts";
import { resultKind } from "../../store/record.ts";
import { type Attempt, callProvider, type Outcome, type Subject } from "../channel.ts";

const ANSWER_TIMEOUT_MS = 10_000;

/**
 * Notifies a webhook endpoint, in the form of the Standard Webhooks specification. Every attempt has
 * the same `webhook-id` and body. Any 2xx is success. An endpoint that answered 410 Gone is sent
 * nothing more until its URL changes, or a person retries an effect and it accepts that.
 */
export async function notifyWebhook(
  effect: EffectOn<"webhook">,
  attempt: Attempt,
): Promise<Outcome> {
  const { env, config, generation } = attempt;
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
  const answer = await post(effect, endpoint, attempt, Date.now());
  if (!answer.answered) return { result: "retry", error: answer.error, detail: answer.detail };
  const { status, retryAfterSeconds } = answer;
  if (status === 410) {
    await disableEndpoint(env.SETTINGS, effect.to, endpoint.url, new Date().toISOString());
    log("error", "endpoint.disabled", { endpoint: effect.to });
    return { result: "failed", error: "the endpoint answered 410 and is disabled now", status };
  }
  if (status < 200 || status >= 300) {
    return { result: "retry", error: `the endpoint answered ${status}`, status, retryAfterSeconds };
  }
  if (disabled !== null) {
    // It was delivered: a KV that is away must not cause a second delivery.
    await enableEndpoint(env.SETTINGS, effect.to, endpoint.url).catch((error) =>
      log("warn", "endpoint.still-disabled", { endpoint: effect.to, reason: reasonOf(error) }),
    );
  }
  return { result: "done", status };
}

async function post(
  effect: EffectOn<"webhook">,
  endpoint: WebhookEndpoint,
  { subject, config, key }: Attempt,
  now: number,
) {
  const body = JSON.stringify(payload(effect, subject, config.publicUrl));
  return callProvider(endpoint.url, {
    headers: await signedHeaders(endpoint, `msg_${key.slice(0, 32)}`, body, now),
    body,
    timeoutMs: ANSWER_TIMEOUT_MS,
    // Only its status counts.
    maxAnswerBytes: 0,
    secrets: [],
  });
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
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signatures.join(" "),
  };
}

/**
 * The `webhook-signature` of a message by one secret: `v1,` and its HMAC-SHA-256 in base64 (Standard
 * Webhooks, "Signature scheme"). `timestamp` in seconds. Throws when the secret is none.
 */
async function signWebhook(
  secret: string,
  { id, timestamp, body }: { id: string; timestamp: number; body: string },
): Promise<string> {
  const bytes = secretBytes(secret);
  if (bytes === null) throw new Error("The secret of the endpoint cannot sign");
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  const signature = await crypto.subtle.sign("HMAC", key, signed);
  return `v1,${new Uint8Array(signature).toBase64()}`;
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
        kind: z
          .enum(KINDS)
          .nullable()
          .optional()
          .describe("Of a result: `text` is one of `/v1/read`; null of a failure."),
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
