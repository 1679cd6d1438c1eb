import { catalogueFollowUps } from "../catalogue/follow-ups.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { log, reasonOf } from "../lib/log.ts";
import type { Message } from "../queue/message.ts";
import { translationPrefix } from "../store/keys.ts";
import { readEntry, reopenEffect } from "../store/ledger.ts";
import { keysUnder, removeAll } from "../store/list.ts";
import { type Policy, recipientProblem } from "./policy.ts";

/** What became of the wish to have an effect done again. */
export type Redone = "again" | "unknown" | "running" | "refused";

/**
 * Has an effect done again, whatever came of it before: by a message of a new generation, which those
 * before it do not swallow. `refused`: its recipient is no longer allowed. Throws when R2 or the queue
 * does not answer; repeating it ends the work.
 */
export async function redoEffect(
  env: Pick<Env, "TRANSCRIPTS" | "FOLLOW_UP_QUEUE" | "CATALOGUE">,
  policy: Policy,
  id: RequestId,
  name: string,
  now: number,
): Promise<Redone> {
  const entry = await readEntry(env.TRANSCRIPTS, id, name);
  if (entry === null) return "unknown";
  if (recipientProblem(entry.effect, policy) !== null) return "refused";
  const reopened = await reopenEffect(env.TRANSCRIPTS, id, entry, now);
  if (reopened === null) return "running";
  const { effect, generation, timesDone } = reopened;
  // One that was whole is wanted anew; of one that was not, the parts that were paid for stay.
  if (effect.channel === "translate" && timesDone > 0) {
    await removeAll(
      env.TRANSCRIPTS,
      await keysUnder(env.TRANSCRIPTS, translationPrefix(id, effect.to)),
    );
  }
  const work: Message = { type: "effect", request_id: id, effect, generation };
  await env.FOLLOW_UP_QUEUE.send(work);
  // The list is right again when it ends.
  await catalogueFollowUps(env.CATALOGUE, id, [reopened]).catch((error: unknown) =>
    log("warn", "catalogue.unavailable", { request_id: id, reason: reasonOf(error) }),
  );
  return "again";
}
