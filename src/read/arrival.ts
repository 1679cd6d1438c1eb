import type { RequestId } from "../deepgram/request-id.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { callbackKey } from "../store/keys.ts";

/** R2 is asked no more often; what has arrived is seen after this time at the latest. */
const POLL_MS = 1_000;

/**
 * Resolves when something is stored for a request, be it a deletion, or after `maxSeconds`, or when
 * the client is gone. Throws the answer when R2 does not answer.
 */
export async function arrival(
  bucket: R2Bucket,
  requestId: RequestId,
  maxSeconds: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + maxSeconds * 1_000;
  for (;;) {
    const msLeft = deadline - Date.now();
    if (msLeft <= 0 || signal.aborted) return;
    if ((await bucket.head(callbackKey(requestId)).catch(storageUnavailable)) !== null) return;
    await scheduler.wait(Math.min(POLL_MS, msLeft), { signal }).catch(() => {});
  }
}
