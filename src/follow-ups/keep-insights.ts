import { MAX_HELD_BYTES } from "../lib/limits.ts";
import { headCallback } from "../store/callbacks.ts";
import { insightsKey } from "../store/keys.ts";
import { rangeReader } from "../store/open-body.ts";
import type { CallbackRecord } from "../store/record.ts";
import { streamInsights } from "../transcript/insights/stream-insights.ts";

/**
 * Puts what else Deepgram found in a large transcript beside it, once, so that its page has not to
 * look for it in the body. Throws when R2 does not answer.
 */
export async function keepInsights(bucket: R2Bucket, record: CallbackRecord): Promise<void> {
  const { requestId, bytes, state } = record;
  if (bytes <= MAX_HELD_BYTES || state !== "received") return;
  const key = insightsKey(record);
  if ((await bucket.head(key)) !== null) return;
  const insights = await streamInsights({ bytes, read: rangeReader(bucket, record) });
  await bucket.put(key, JSON.stringify(insights));
  // A deletion meanwhile has not seen them.
  if ((await headCallback(bucket, requestId))?.state === "deleted") await bucket.delete(key);
}
