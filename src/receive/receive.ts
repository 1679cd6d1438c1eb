import { claimForJob, type JobClaim, requestOfJob } from "../auth/job-credentials.ts";
import {
  knownCredentials,
  spellings,
  withoutQuotedCredentials,
} from "../auth/quoted-credentials.ts";
import { type Credential, headerCredential, isConfigured, verifySecret } from "../auth/verify.ts";
import { countRefused } from "../catalogue/alarm-signals.ts";
import type { Config } from "../config/config.ts";
import { type Callback, failedCallback, identify, isStreamMessage } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { log, observe, reasonOf } from "../lib/log.ts";
import { type Steps, stepsWithin } from "../lib/timeout.ts";
import { appendIfLive, deliverMessage } from "../live/deliver-message.ts";
import { MAX_MESSAGE_BYTES } from "../live/message.ts";
import { handOver } from "../queue/messages.ts";
import { storeCallback } from "../store/callbacks.ts";
import { discard } from "../store/content.ts";
import { quarantine } from "../store/quarantine.ts";
import { bodyBytes, type TakenBody, takeBody } from "../store/take-body.ts";
import { answer, type DeliveryResult, type Unmatched, unmatchedReason } from "./answer.ts";

type Delivery = {
  request: Request;
  /** The job of `/hook/{job}`. */
  job: string | null;
  env: Env;
  config: Config;
  context: Pick<ExecutionContext, "waitUntil">;
};

/** How much of a failure's plain text is read. */
const MAX_ERROR_TEXT_BYTES = 2_000;

// We assume that Deepgram waits 10 s for an answer.
const ANSWER_WITHIN_MS = 9_000;

/** Left for the queue after the store has had its time. */
const QUEUE_RESERVE_MS = 3_000;

/**
 * Receives a callback: verifies, identifies and stores it, and only then answers 2xx. A callback on a
 * job's URL needs no `request_id` in its body.
 */
export async function receive(
  request: Request,
  env: Env,
  config: Config,
  context: Delivery["context"],
  job: string | null = null,
): Promise<Response> {
  const started = Date.now();
  const { result, bytes } = await acceptDelivery({ request, job, env, config, context }).catch(
    (error: unknown): Accepted => ({
      result: { outcome: "unavailable", reason: reasonOf(error) },
    }),
  );
  const level = result.outcome === "unavailable" ? "error" : "info";
  // The stream's Durable Object logs its beginning and its end.
  if (result.outcome !== "live") {
    observe(env, level, "callback", { ...result, bytes, ms: Date.now() - started });
  }
  const response = answer(result);
  if (!response.ok) context.waitUntil(countRefused(env.CATALOGUE, Date.now()));
  return response;
}

/** `bytes`: the length of the body, once it was read and verified. */
type Accepted = { result: DeliveryResult; bytes?: number };

/** Verifies the credential, reads the body, stores it within the deadline and enqueues the follow-ups. */
async function acceptDelivery(delivery: Delivery): Promise<Accepted> {
  const { request, env, config, context } = delivery;
  const { callbackSecrets } = config;
  if (!isConfigured(delivery)) return { result: { outcome: "unconfigured" } };
  const credential = await headerCredential(delivery);
  if (credential === null && callbackSecrets.length === 0) {
    return { result: { outcome: "unverified" } };
  }
  const share = bodyBytes.open();
  const taken = await takeBody(request, {
    bucket: env.TRANSCRIPTS,
    maxBytes: config.maxCallbackBytes,
    verifySecret: credential === null ? (secret) => verifySecret(secret, callbackSecrets) : null,
    share,
    quotable: async () => spellings(await knownCredentials(config, delivery.job)),
  }).catch((error: unknown) => {
    share.release();
    throw error;
  });
  if (!taken.ok) {
    share.release();
    return { result: { outcome: taken.reason } };
  }
  const body = taken.value;
  const steps = stepsWithin(ANSWER_WITHIN_MS);
  const storing = storeDelivery(delivery, body, credential).finally(share.release);
  // Finish storing even if the sender has gone: its retry then finds the record.
  context.waitUntil(storing.catch(() => {}));
  try {
    const result = await steps.run(storing, QUEUE_RESERVE_MS, "storing").catch((error) => {
      context.waitUntil(enqueueLate(delivery, storing));
      throw error;
    });
    await enqueue(delivery, result, steps);
    return { result, bytes: body.bytes };
  } finally {
    steps.end();
  }
}

/**
 * Enqueues the follow-ups of a stored callback. Also for a duplicate: the delivery before it may have
 * died between the store and the queue. A request deleted under the id of its job may still be in the
 * catalogue.
 */
async function enqueue(
  { env, job }: Delivery,
  result: DeliveryResult,
  steps?: Steps,
): Promise<void> {
  const requestId = "request_id" in result ? result.request_id : undefined;
  if (requestId === undefined || (result.outcome === "deleted" && job === null)) return;
  const message = { type: "callback", request_id: requestId } as const;
  await handOver(env, message, steps && { steps });
}

/** The write finished after we had answered 503: enqueue its follow-ups, as Deepgram may not retry. */
async function enqueueLate(delivery: Delivery, storing: Promise<DeliveryResult>): Promise<void> {
  const result = await storing.catch(() => null);
  if (result === null) return;
  const request_id = "request_id" in result ? result.request_id : undefined;
  await enqueue(delivery, result).catch((error) =>
    log("error", "queue.unreached", { request_id, reason: reasonOf(error) }),
  );
}

/** Stores a verified body where it belongs: as a result, in its stream, or in quarantine. */
async function storeDelivery(
  delivery: Delivery,
  taken: TakenBody,
  credential: Credential,
): Promise<DeliveryResult> {
  const { request, env, job } = delivery;
  const reason = unmatchedReason(request.headers.get("content-type") ?? "", taken);
  if (reason !== null) return quarantineBody(delivery, taken, reason);
  if (taken.isJson && isStreamMessage(taken.json)) {
    return forwardMessage(delivery, taken, credential);
  }
  const { body, callback } = await identifyMasked(delivery, taken);
  if (callback?.ok) {
    // Claim with the receiver's own credential too: clients that wait for the job follow it to the request.
    const claim =
      job === null ? "granted" : await claimForJob(env.TRANSCRIPTS, job, callback.value.requestId);
    const mayWriteAny = credential !== "job";
    return claim === "granted" || mayWriteAny
      ? storeResult(env, callback.value, body)
      : quarantineBody(delivery, body, REFUSED[claim]);
  }
  if (job === null) return quarantineBody(delivery, body, reasonOfNone({ callback, body }));
  const requestId = await requestOfJob(env.TRANSCRIPTS, job, Date.now());
  if (requestId === null) {
    await discard(env.TRANSCRIPTS, body.content);
    return { outcome: "too-early" };
  }
  return storeResult(env, failedCallback(requestId, await errorIn(body)), body);
}

type Identified = {
  body: TakenBody;
  /** Null of what is not JSON. */
  callback: ReturnType<typeof identify> | null;
};

const identified = (body: TakenBody): Identified => ({
  body,
  callback: body.isJson ? identify(body.json) : null,
});

/** Identifies a body, and masks in one without a transcript the credentials that it may quote. */
async function identifyMasked(delivery: Delivery, taken: TakenBody): Promise<Identified> {
  const { callback } = identified(taken);
  if (callback?.ok && callback.value.state === "received") return { body: taken, callback };
  return identified(await withoutQuotedCredentials(delivery, taken));
}

/** Why a body goes to quarantine when its job may not write for the request that it names. */
const REFUSED: Record<Exclude<JobClaim, "granted">, Unmatched> = {
  "bound-elsewhere": "another-request",
  "already-stored": "already-stored",
  "not-yours": "another-token",
};

const isRefused = (reason: Unmatched): boolean => Object.values(REFUSED).includes(reason);

/** Forwards a stream message to the Durable Object of its request. */
async function forwardMessage(
  delivery: Delivery,
  body: TakenBody,
  credential: Credential,
): Promise<DeliveryResult> {
  const { env, job } = delivery;
  const { content, bytes } = body;
  if (!("held" in content) || bytes > MAX_MESSAGE_BYTES) {
    return quarantineBody(delivery, body, "message-too-large");
  }
  const callback = identify(body.json);
  const taken = await deliverMessage(env, {
    text: new TextDecoder().decode(content.held),
    requestId: callback.ok ? callback.value.requestId : null,
    job,
    isJobAlone: credential === "job",
  });
  if (taken === "taken") return { outcome: "live" };
  if (taken === "deleted") return { outcome: "deleted" };
  const reason = taken === "too-large" ? "message-too-large" : (taken ?? "no-request-id");
  return quarantineBody(delivery, body, reason);
}

const reasonOfNone = ({ callback, body }: Identified): Unmatched =>
  callback?.ok === false ? callback.reason : body.bytes === 0 ? "empty" : "not-json";

/** The body of a failure as JSON object, or the start of its text. */
async function errorIn({ isJson, json, content }: TakenBody): Promise<unknown> {
  if (isJson && json !== undefined) return json;
  const start = "held" in content ? content.held.subarray(0, MAX_ERROR_TEXT_BYTES) : null;
  return start && new TextDecoder().decode(start);
}

async function quarantineBody(
  delivery: Delivery,
  taken: TakenBody,
  reason: Unmatched,
): Promise<DeliveryResult> {
  const { request, env, job } = delivery;
  const { body } = await identifyMasked(delivery, taken);
  const requestId = await requestOf(env, job, body, reason);
  const contentType = request.headers.get("content-type") ?? "";
  const facts = {
    digest: body.sha256,
    reason,
    content_type: contentType.replace(/[^\x20-\x7e]/g, "?").slice(0, 200),
    bytes: body.bytes,
    received_at: new Date().toISOString(),
    ...(requestId !== null && { request_id: requestId }),
  };
  await quarantine(env.TRANSCRIPTS, facts, body.content);
  return { outcome: "quarantined", reason };
}

/** Which request a body in quarantine seems to be about: that of its job, else the id that it has. */
async function requestOf(
  env: Env,
  job: string | null,
  { json }: TakenBody,
  reason: Unmatched,
): Promise<RequestId | null> {
  const callback = identify(json);
  if (job === null || isRefused(reason)) {
    return callback.ok ? callback.value.requestId : null;
  }
  return requestOfJob(env.TRANSCRIPTS, job, Date.now());
}

/** Stores a transcript or a failure under its `request_id`. */
async function storeResult(env: Env, callback: Callback, body: TakenBody): Promise<DeliveryResult> {
  const { requestId, state, kind, facts } = callback;
  if (state === "failed") {
    const wasAppended = await appendToLiveStream(env, requestId, body);
    if (wasAppended) return { outcome: "live" };
  }
  const receivedAt = new Date().toISOString();
  const record = { requestId, state, kind, facts, receivedAt, sha256: body.sha256 };
  const { outcome } = await storeCallback(env.TRANSCRIPTS, record, body.content);
  return { outcome, request_id: requestId, ...(state === "failed" && { reason: "failed" }) };
}

/** Appends an error to the messages of its open stream, whose speech stays; false without one. */
async function appendToLiveStream(
  env: Env,
  requestId: RequestId,
  { content }: TakenBody,
): Promise<boolean> {
  if (!("held" in content) || content.held.length > MAX_MESSAGE_BYTES) return false;
  return appendIfLive(env, requestId, new TextDecoder().decode(content.held));
}
