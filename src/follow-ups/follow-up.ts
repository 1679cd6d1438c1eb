import type { CatalogueChange } from "../catalogue/catalogue.ts";
import type { Config } from "../config.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { headCallback } from "../store/callbacks.ts";
import { eraseBeside } from "../store/erase.ts";
import { factsOf } from "../store/facts.ts";
import { effectName } from "./effect.ts";
import { keepSegments } from "./keep-segments.ts";
import { openEntry, readEntry } from "./ledger.ts";
import type { Message } from "./message.ts";
import { plan } from "./plan.ts";

/**
 * Brings the follow-ups of a stored or deleted callback up to date, and tells what the catalogue is
 * to say. May run any number of times for the same callback.
 */
export async function followUp(
  env: Env,
  config: Config,
  id: RequestId,
): Promise<CatalogueChange | null> {
  const record = await headCallback(env.TRANSCRIPTS, id);
  if (record === null) return null;
  if (record.state === "deleted") {
    await eraseBeside(env.TRANSCRIPTS, id);
    return { change: "erase", requestId: id };
  }
  const facts = await factsOf(env.TRANSCRIPTS, record);
  for (const effect of plan(record.state, facts.extra, config.followUps)) {
    const isNew = await openEntry(env.TRANSCRIPTS, id, effect, Date.now());
    // One that is still queued may have been entered by a run that died before it sent the message.
    const isQueued =
      isNew || (await readEntry(env.TRANSCRIPTS, id, effectName(effect)))?.state === "queued";
    if (!isQueued) continue;
    await env.FOLLOW_UP_QUEUE.send({ type: "effect", request_id: id, effect } satisfies Message);
  }
  await keepSegments(env.TRANSCRIPTS, record);
  return { change: "upsert", record, facts };
}
