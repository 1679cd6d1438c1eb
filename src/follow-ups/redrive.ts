import { catalogueFollowUps } from "../catalogue/catalogue.ts";
import { effectName } from "../config/follow-ups.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { log, reasonOf } from "../lib/log.ts";
import { type Message, message } from "../queue/messages.ts";
import { keysUnder, removeAll } from "../store/bucket.ts";
import { type DeadLetter, deleteDeadLetter } from "../store/dead-letters.ts";
import { readEntry, reopenEffect } from "../store/effect-claims.ts";
import { translationPrefix } from "../store/keys.ts";
import { type Policy, RECIPIENT_REFUSED, recipientProblem } from "./allowed-effects.ts";

/** What became of the wish to have an effect done again. */
type Redone = "again" | "unknown" | "running" | "refused";

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

/** What a redrive did, or would do, with a dead letter; `reason` says why it was skipped. */
export type Redriven = {
  id: string;
  action: "redriven" | "would-redrive" | "skipped";
  reason: string | null;
};

/**
 * Runs the work of a dead letter again, or says what would happen. Work that was done meanwhile is not
 * repeated, and with `skipsUncertain` neither is work that may have been done. Throws when R2 or the
 * queue does not answer.
 */
export async function redrive(
  env: Pick<Env, "TRANSCRIPTS" | "FOLLOW_UP_QUEUE" | "CATALOGUE">,
  policy: Policy,
  { id, message: body, state }: DeadLetter,
  { isDry, skipsUncertain, now }: { isDry: boolean; skipsUncertain: boolean; now: number },
): Promise<Redriven> {
  const skipped = (reason: string): Redriven => ({ id, action: "skipped", reason });
  const { data: work } = message.safeParse(body);
  if (work === undefined) return skipped("not a message of this Worker");
  if (work.type !== "effect") {
    if (!isDry) {
      await env.FOLLOW_UP_QUEUE.send(work);
      // The queue has it now, and would write a new dead letter.
      await deleteDeadLetter(env.TRANSCRIPTS, work);
    }
    return { id, action: isDry ? "would-redrive" : "redriven", reason: null };
  }
  const name = effectName(work.effect);
  const entry = await readEntry(env.TRANSCRIPTS, work.request_id, name);
  if (entry === null) return skipped("the transcript or its effect is gone");
  if ((state === "uncertain" || entry.state === "uncertain") && skipsUncertain)
    return skipped("it may have happened: ask for it by id");
  if (entry.state === "done") return skipped("it has been done");
  if (recipientProblem(entry.effect, policy) !== null) return skipped(RECIPIENT_REFUSED);
  if (isDry) return { id, action: "would-redrive", reason: null };
  const redone = await redoEffect(env, policy, work.request_id, name, now);
  return redone === "again"
    ? { id, action: "redriven", reason: null }
    : skipped("it is being tried at this moment");
}
