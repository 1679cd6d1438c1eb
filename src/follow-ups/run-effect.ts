import type { Config } from "../config.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { log } from "../log.ts";
import { headCallback } from "../store/callbacks.ts";
import { factsOf } from "../store/facts.ts";
import type { CallbackRecord } from "../store/record.ts";
import { backOffSeconds } from "./back-off.ts";
import { keepDeadLetter } from "./dead-letters.ts";
import { type Effect, effectName } from "./effect.ts";
import { claimEffect, closeEffect, type Ending } from "./ledger.ts";
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
  const close = (ending: Ending) => closeEffect(env.TRANSCRIPTS, id, entry, ending, Date.now());
  switch (outcome.result) {
    case "done":
      await close({ state: "done" });
      return ACK;
    case "failed":
      await keepDeadLetter(env.TRANSCRIPTS, message, outcome.error);
      await close({ state: "failed", error: outcome.error });
      return ACK;
    case "retry": {
      const asked = outcome.retryAfterSeconds ?? 0;
      const delaySeconds = Math.max(asked, backOffSeconds(entry.attempts));
      await close({ state: "retrying", error: outcome.error, delaySeconds });
      return { settle: "retry", delaySeconds };
    }
  }
}

async function perform(
  env: Env,
  config: Config,
  record: CallbackRecord,
  effect: Effect,
): Promise<Outcome> {
  const endpoint = config.webhookEndpoints.get(effect.to);
  if (!endpoint) {
    // A slip in the configuration is mended; an endpoint that was taken out of it is gone.
    const isSlip = config.problems.some(({ name }) => name === "WEBHOOK_ENDPOINTS");
    return { result: isSlip ? "retry" : "failed", error: "the endpoint is not configured" };
  }
  const facts = await factsOf(env.TRANSCRIPTS, record);
  return notifyWebhook(effect, endpoint, record, facts, config.publicUrl, Date.now());
}
