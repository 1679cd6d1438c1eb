import { type Credential, headerCredential, isConfigured } from "../auth/credential.ts";
import { knownCredentials, spellings, withoutKnownCredentials } from "../auth/known-credentials.ts";
import { claimForJob, type JobClaim, requestOfJob } from "../auth/request-of-job.ts";
import { verifySecret } from "../auth/verify.ts";
import { countRefused } from "../catalogue/signals.ts";
import type { Config } from "../config/config.ts";
import { type Callback, failedCallback, identify, isStreamMessage } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { type Deadline, deadlineIn } from "../lib/deadline.ts";
import { log, reasonOf } from "../lib/log.ts";
import { observe } from "../lib/observe.ts";
import { timeout } from "../lib/timeout.ts";
import { MAX_MESSAGE_BYTES } from "../live/limits.ts";
import { noteLive, takeMessage } from "../live/take-message.ts";
import { handOver } from "../queue/outbox.ts";
import { type StoreResult, storeCallback } from "../store/callbacks.ts";
import { discard } from "../store/put-content.ts";
import { quarantine } from "../store/quarantine.ts";
import { readHeld, type TakenBody, takeBody } from "../store/take-body.ts";
import { answer } from "./answer.ts";
import { type Unmatched, unmatchedReason } from "./unmatched.ts";

/** What became of one delivery that was not put into quarantine. */
export type Outcome =
  | StoreResult["outcome"]
  /** A message of a stream that goes on. */
  | "live"
  /** Which request it is about will be known soon. */
  | "too-early"
  | "unconfigured"
  | "unverified"
  | "too-large"
  | "interrupted"
  | "unavailable";

/** What became of one delivery, as it is answered and logged. */
export type Told =
  | { outcome: Outcome; request_id?: RequestId; bytes?: number; reason?: string }
  | { outcome: "quarantined"; reason: Unmatched; request_id?: undefined; bytes?: number };

type Delivery = {
  request: Request;
  /** The job of `/hook/{job}`. */
  job: string | null;
  env: Env;
  config: Config;
  context: Pick<ExecutionContext, "waitUntil">;
};

const encoder = new TextEncoder();

/** As much of a failure's plain text as is read. */
const MAX_ERROR_TEXT_BYTES = 2_000;

// Deepgram is taken to wait 10 s for an answer.
const ANSWER_WITHIN_MS = 9_000;

/** Left for the queue after the store has had its time. */
const QUEUE_RESERVE_MS = 3_000;

/**
 * Takes a callback: verifies, identifies and stores it, and only then answers 2xx. One that came for
 * a job needs no id in its body.
 */
export async function receive(
  request: Request,
  env: Env,
  config: Config,
  context: Delivery["context"],
  job: string | null = null,
): Promise<Response> {
  const started = Date.now();
  const told = await take({ request, job, env, config, context }).catch(
    (error: unknown): Told => ({ outcome: "unavailable", reason: reasonOf(error) }),
  );
  const level = told.outcome === "unavailable" ? "error" : "info";
  // Of a stream its owner logs the beginning and the end.
  if (told.outcome !== "live") {
    observe(env, level, "callback", { ...told, ms: Date.now() - started });
  }
  const response = answer(told);
  if (!response.ok) context.waitUntil(countRefused(env.CATALOGUE, Date.now()));
  return response;
}

async function take(delivery: Delivery): Promise<Told> {
  const { request, env, config, context } = delivery;
  const { callbackSecrets } = config;
  if (!isConfigured(delivery)) return { outcome: "unconfigured" };
  const credential = await headerCredential(delivery);
  if (credential === null && callbackSecrets.length === 0) return { outcome: "unverified" };
  const taken = await takeBody(request, {
    bucket: env.TRANSCRIPTS,
    maxBytes: config.maxCallbackBytes,
    verifySecret: credential === null ? (secret) => verifySecret(secret, callbackSecrets) : null,
    quotable: async () => spellings(await knownCredentials(config, delivery.job)),
  });
  if (!taken.ok) return { outcome: taken.reason };
  const body = taken.value;
  const deadline = deadlineIn(ANSWER_WITHIN_MS);
  const kept = keep(delivery, body, credential);
  // The sender may be gone by the time a large body has its record: the retry then finds it.
  context.waitUntil(kept.catch(() => {}));
  const told = await timeout(kept, deadline.msLeft() - QUEUE_RESERVE_MS, "storing").catch(
    (error) => {
      context.waitUntil(followUpLate(delivery, kept));
      throw error;
    },
  );
  await pass(delivery, told, deadline);
  return { ...told, bytes: body.bytes };
}

/**
 * Also for a duplicate: the delivery before it may have died between the store and the queue. What was
 * deleted under the id of its job may still be in the catalogue.
 */
async function pass(
  { env, job }: Delivery,
  { request_id, outcome }: Told,
  deadline?: Deadline,
): Promise<void> {
  if (request_id === undefined || (outcome === "deleted" && job === null)) return;
  await handOver(env, { type: "callback", request_id }, { ...(deadline && { deadline }) });
}

/** What is stored after its time was over: no retry may come that would have it followed up. */
async function followUpLate(delivery: Delivery, kept: Promise<Told>): Promise<void> {
  const told = await kept.catch(() => null);
  if (told === null) return;
  await pass(delivery, told).catch((error) =>
    log("error", "queue.unreached", { request_id: told.request_id, reason: reasonOf(error) }),
  );
}

async function keep(delivery: Delivery, taken: TakenBody, credential: Credential): Promise<Told> {
  const { request, env, job } = delivery;
  const reason = unmatchedReason(request.headers.get("content-type") ?? "", taken);
  if (reason !== null) return keepInQuarantine(delivery, taken, reason);
  if (taken.isJson && isStreamMessage(taken.json)) return keepMessage(delivery, taken, credential);
  const body = await withoutQuotedCredentials(delivery, taken);
  const callback = body.isJson ? identify(body.json) : null;
  if (callback?.ok) {
    // With the receiver's own credential too: whoever waits for the job is led to the request.
    const claimed =
      job === null ? "granted" : await claimForJob(env.TRANSCRIPTS, job, callback.value.requestId);
    // A job's credential is for one request, the receiver's own for all.
    if (claimed === "granted" || credential !== "job") {
      return keepCallback(env, callback.value, body);
    }
    return keepInQuarantine(delivery, body, REFUSED[claimed]);
  }
  if (job !== null) {
    const requestId = await requestOfJob(env.TRANSCRIPTS, job, Date.now());
    if (requestId === null) {
      await discard(env.TRANSCRIPTS, body.content);
      return { outcome: "too-early" };
    }
    return keepCallback(env, failedCallback(requestId, await errorIn(body)), body);
  }
  return keepInQuarantine(delivery, body, reasonOfNone(callback, body));
}

/**
 * A body that is no transcript may quote the request that failed, with its credentials: masks them. Those
 * in a large body are masked already, but not in what was read of it.
 */
async function withoutQuotedCredentials(
  { config, job }: Delivery,
  body: TakenBody,
): Promise<TakenBody> {
  const { content, isJson, json } = body;
  const callback = isJson ? identify(json) : null;
  if (callback?.ok && callback.value.state === "received") return body;
  const credentials = await knownCredentials(config, job);
  if ("held" in content) {
    const held = withoutKnownCredentials(content.held, credentials);
    return held === content.held ? body : readHeld(held);
  }
  if (json === undefined) return body;
  const read = withoutKnownCredentials(encoder.encode(JSON.stringify(json)), credentials);
  return { ...body, json: JSON.parse(new TextDecoder().decode(read)) };
}

/** Why a body is kept in quarantine whose job may not write for the request that it names. */
const REFUSED: Record<Exclude<JobClaim, "granted">, Unmatched> = {
  "bound-elsewhere": "another-request",
  "already-stored": "already-stored",
  "not-yours": "another-token",
};

const isRefused = (reason: Unmatched): boolean => Object.values(REFUSED).includes(reason);

async function keepMessage(
  delivery: Delivery,
  body: TakenBody,
  credential: Credential,
): Promise<Told> {
  const { env, job } = delivery;
  const { content, bytes } = body;
  if (!("held" in content) || bytes > MAX_MESSAGE_BYTES) {
    return keepInQuarantine(delivery, body, "message-too-large");
  }
  const callback = identify(body.json);
  const taken = await takeMessage(env, {
    text: new TextDecoder().decode(content.held),
    requestId: callback.ok ? callback.value.requestId : null,
    job,
    isJobAlone: credential === "job",
  });
  if (taken === "taken") return { outcome: "live" };
  if (taken === "deleted") return { outcome: "deleted" };
  const reason = taken === "too-large" ? "message-too-large" : (taken ?? "no-request-id");
  return keepInQuarantine(delivery, body, reason);
}

const reasonOfNone = (callback: ReturnType<typeof identify> | null, body: TakenBody): Unmatched =>
  callback?.ok === false ? callback.reason : body.bytes === 0 ? "empty" : "not-json";

/** The body of a failure as JSON object, or the start of its text. */
async function errorIn({ isJson, json, content }: TakenBody): Promise<unknown> {
  if (isJson && json !== undefined) return json;
  const start = "held" in content ? content.held.subarray(0, MAX_ERROR_TEXT_BYTES) : null;
  return start && new TextDecoder().decode(start);
}

async function keepInQuarantine(
  delivery: Delivery,
  taken: TakenBody,
  reason: Unmatched,
): Promise<Told> {
  const { request, env, job } = delivery;
  const body = await withoutQuotedCredentials(delivery, taken);
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

async function keepCallback(env: Env, callback: Callback, body: TakenBody): Promise<Told> {
  const { requestId, state, kind, facts } = callback;
  if (state === "failed" && (await isNoted(env, requestId, body))) return { outcome: "live" };
  const receivedAt = new Date().toISOString();
  const record = { requestId, state, kind, facts, receivedAt, sha256: body.sha256 };
  const { outcome } = await storeCallback(env.TRANSCRIPTS, record, body.content);
  // Told apart from a transcript by its reason.
  return { outcome, request_id: requestId, ...(state === "failed" && { reason: "failed" }) };
}

/** An error of a stream, which has speech all the same, is kept among its messages. */
async function isNoted(env: Env, requestId: RequestId, { content }: TakenBody): Promise<boolean> {
  if (!("held" in content) || content.held.length > MAX_MESSAGE_BYTES) return false;
  return noteLive(env, requestId, new TextDecoder().decode(content.held));
}
