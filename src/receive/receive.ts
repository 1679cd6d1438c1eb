import type { Config } from "../config.ts";
import { deadlineIn } from "../deadline.ts";
import { type Callback, callbackSecret, identify } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { handOver } from "../follow-ups/outbox.ts";
import { log, reasonOf } from "../log.ts";
import { type Stored, storeCallback } from "../store/callbacks.ts";
import { quarantine } from "../store/quarantine.ts";
import { discard } from "../store/spool.ts";
import { timeout } from "../timeout.ts";
import { answer } from "./answer.ts";
import { type TakenBody, takeBody } from "./take-body.ts";
import { verifyBasic, verifySecret } from "./verify.ts";

/** What became of one delivery. */
export type Outcome =
  | Stored
  | "quarantined"
  | "unconfigured"
  | "unverified"
  | "too-large"
  | "interrupted"
  | "unavailable";

type Told = { outcome: Outcome; request_id?: RequestId; bytes?: number; reason?: string };

type Delivery = {
  request: Request;
  env: Env;
  config: Config;
  context: Pick<ExecutionContext, "waitUntil">;
};

// Deepgram is taken to wait 10 s for an answer.
const ANSWER_WITHIN_MS = 9_000;

/** Left for the queue after the store has had its time. */
const QUEUE_RESERVE_MS = 3_000;

/** Takes a callback: verifies, identifies and stores it, and only then answers 2xx. */
export async function receive(
  request: Request,
  env: Env,
  config: Config,
  context: Delivery["context"],
): Promise<Response> {
  const started = Date.now();
  const told = await take({ request, env, config, context }).catch(
    (error: unknown): Told => ({ outcome: "unavailable", reason: reasonOf(error) }),
  );
  const level = told.outcome === "unavailable" ? "error" : "info";
  log(level, "callback", { ...told, ms: Date.now() - started });
  return answer(told.outcome);
}

async function take(delivery: Delivery): Promise<Told> {
  const { request, env, config, context } = delivery;
  const { callbackCredentials, callbackSecrets } = config;
  if (callbackCredentials.length + callbackSecrets.length === 0) return { outcome: "unconfigured" };
  const basic = await verifyBasic(request.headers.get("authorization"), callbackCredentials);
  if (!basic && callbackSecrets.length === 0) return { outcome: "unverified" };
  const verify = async (json: unknown) =>
    basic || (await verifySecret(callbackSecret(json), callbackSecrets));
  const taken = await takeBody(request, env.TRANSCRIPTS, config.maxCallbackBytes, verify);
  if (!taken.ok) return { outcome: taken.reason };
  const body = taken.value;
  const deadline = deadlineIn(ANSWER_WITHIN_MS);
  const kept = keep(delivery, body);
  // Whoever sent it may be gone by the time a large body is in its place: the retry then finds it.
  const cleared = kept.catch(() => {}).then(() => discard(env.TRANSCRIPTS, body.content));
  context.waitUntil(
    cleared.catch((error) => log("warn", "spool.left", { reason: reasonOf(error) })),
  );
  const told = await timeout(kept, deadline.msLeft() - QUEUE_RESERVE_MS, "storing");
  if (told.request_id !== undefined && told.outcome !== "deleted") {
    // Also for a duplicate: the delivery before it may have died between the store and the queue.
    await handOver(env, { type: "callback", request_id: told.request_id }, deadline);
  }
  return { ...told, bytes: body.bytes };
}

async function keep({ request, env }: Delivery, body: TakenBody): Promise<Told> {
  const callback = body.isJson ? identify(body.json) : null;
  if (callback?.ok) return keepCallback(env, callback.value, body);
  const reason = callback ? callback.reason : body.bytes === 0 ? "empty" : "not-json";
  const contentType = request.headers.get("content-type") ?? "";
  const facts = {
    digest: body.sha256,
    reason,
    content_type: contentType.replace(/[^\x20-\x7e]/g, "?").slice(0, 200),
    bytes: body.bytes,
    received_at: new Date().toISOString(),
  };
  await quarantine(env.TRANSCRIPTS, facts, body.content);
  return { outcome: "quarantined", reason };
}

async function keepCallback(env: Env, callback: Callback, body: TakenBody): Promise<Told> {
  const { requestId, state, facts } = callback;
  const receivedAt = new Date().toISOString();
  const record = { requestId, state, facts, receivedAt, sha256: body.sha256 };
  const outcome = await storeCallback(env.TRANSCRIPTS, record, body.content);
  return { outcome, request_id: requestId };
}
