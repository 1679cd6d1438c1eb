import { mayBeOfJob } from "../auth/job-request-id.ts";
import { writeCatalogue } from "../catalogue/catalogue.ts";
import { expiredBefore } from "../catalogue/expired.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { log, reasonOf } from "../lib/log.ts";
import { headCallback } from "../store/callbacks.ts";
import { readExpectation } from "../store/expectations.ts";
import { eraseAlone } from "./erase-transcript.ts";

const DAY_MS = 86_400_000;
/** As many as one run has storage operations for; the next run continues. */
const MAX_ERASED = 100;

/**
 * Deletes what came more than `days` ago, the oldest first, as `DELETE` does; gives the number of
 * transcripts. `now` in milliseconds.
 */
export async function eraseExpired(env: Env, days: number, now: number): Promise<number> {
  const cutoff = Math.max(0, now - days * DAY_MS);
  const expired = await expiredBefore(env.CATALOGUE, { cutoff, now, limit: MAX_ERASED });
  let erased = 0;
  for (const requestId of expired) {
    try {
      await eraseOne(env, requestId);
      erased++;
    } catch (error) {
      // One that cannot be deleted now does not keep the others.
      log("error", "retention.failed", { request_id: requestId, reason: reasonOf(error) });
    }
  }
  return erased;
}

async function eraseOne(env: Env, requestId: RequestId): Promise<void> {
  const isKnown = !(await isSuperseded(env, requestId)) && (await eraseAlone(env, requestId));
  // A row without a transcript would stay the oldest for ever.
  if (!isKnown) await writeCatalogue(env.CATALOGUE, [{ change: "remove", requestId }]);
}

/** The request that a job became has a time of its own, and is led to as long as it is there. */
async function isSuperseded({ TRANSCRIPTS }: Env, id: RequestId): Promise<boolean> {
  if (!mayBeOfJob(id) || (await headCallback(TRANSCRIPTS, id)) !== null) return false;
  return (await readExpectation(TRANSCRIPTS, id))?.successor != null;
}
