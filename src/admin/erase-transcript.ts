import { writeCatalogue } from "../catalogue/catalogue.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { handOver } from "../follow-ups/outbox.ts";
import { headCallback } from "../store/callbacks.ts";
import { eraseBeside, putTombstone } from "../store/erase.ts";

// By then no consumer is still at work that began before the tombstone was there.
const SECOND_ERASURE_DELAY_SECONDS = 120;

/**
 * Erases a transcript and all that belongs to it, leaving a tombstone. False when it is not known.
 * May be repeated; when it throws, either nothing has changed or repeating it ends the work.
 */
export async function eraseTranscript(env: Env, id: RequestId): Promise<boolean> {
  const record = await headCallback(env.TRANSCRIPTS, id);
  if (record === null) return false;
  if (record.state !== "deleted") await putTombstone(env.TRANSCRIPTS, id, Date.now());
  await handOver(env, { type: "callback", request_id: id }, SECOND_ERASURE_DELAY_SECONDS);
  await eraseBeside(env.TRANSCRIPTS, id);
  await writeCatalogue(env.CATALOGUE, [{ change: "erase", requestId: id }]);
  return true;
}
