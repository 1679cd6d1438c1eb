import type { Config } from "../config.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { log } from "../log.ts";
import { headCallback } from "../store/callbacks.ts";
import { factsOf } from "../store/facts.ts";
import type { CallbackRecord } from "../store/record.ts";
import { backOffSeconds } from "./back-off.ts";
import { keepDeadLetter } from "./dead-letters.ts";
import { type Effect, effectName } from "./effect.ts";
import { claimEffect, closeEffect } from "./ledger.ts";
import { notifyWebhook } from "./notify/webhook.ts";
import type { Outcome } from "./outcome.ts";
import type { QueuedMessage } from "./queued-message.ts";

/** What is to become of the queue message. */
export type Settlement = { settle: "ack" } | { settle: "retry"; delaySeconds: number };

const ACK: Settlement = { settle: "ack" };

/** Makes one attempt at an effect, unless the ledger says that it is done or being done. */
export async function runEffect(
  env: Env,
  config: Config,
  message: QueuedMessage,
  id: RequestId,
  effect: Effect,
): Promise<Settlement> {
  const record = await headCallback(env.TRANSCRIPTS, id);
  if (record === null || record.state === "deleted") return ACK;
  const name = effectName(effect);
  const claim = await claimEffect(env.TRANSCRIPTS, id, name, Date.now());
  if (claim.claim === "settled") return ACK;
  if (claim.claim === "busy") return { settle: "retry", delaySeconds: claim.retryInSeconds };
  const { entry } = claim;
  const outcome = await perform(env, config, record, effect);
  log(outcome.result === "done" ? "info" : "warn", "effect", {
    request_id: id,
    effect: name,
    attempt: entry.attempts,
    ...outcome,
  });
  const close = (state: "done" | "retrying" | "failed", error?: string) =>
    closeEffect(env.TRANSCRIPTS, id, entry, { state, ...(error && { error }) }, Date.now());
  switch (outcome.result) {
    case "done":
      await close("done");
      return ACK;
    case "failed":
      await keepDeadLetter(env.TRANSCRIPTS, message, outcome.error);
      await close("failed", outcome.error);
      return ACK;
    case "retry":
      await close("retrying", outcome.error);
      return {
        settle: "retry",
        delaySeconds: outcome.retryAfterSeconds ?? backOffSeconds(entry.attempts),
      };
  }
}

async function perform(
  env: Env,
  config: Config,
  record: CallbackRecord,
  effect: Effect,
): Promise<Outcome> {
  const endpoint = config.webhookEndpoints.get(effect.to);
  if (!endpoint) return { result: "failed", error: "the endpoint is not configured" };
  const facts = await factsOf(env.TRANSCRIPTS, record);
  return notifyWebhook(effect, endpoint, record, facts, config.publicUrl, Date.now());
}
