import { MAX_HELD_BYTES } from "../lib/limits.ts";
import { type Insights, insightsOf } from "../transcript/insights/insights.ts";
import { streamInsights } from "../transcript/insights/stream-insights.ts";
import { headCallback } from "./callbacks.ts";
import { CREATE_ONLY } from "./create-only.ts";
import { insightsKey } from "./keys.ts";
import { rangeReader, requireBody } from "./open-body.ts";
import type { CallbackRecord } from "./record.ts";
import { conditionalPut } from "./retry-writes.ts";

/** The insights of a stored body of any size. Throws when R2 does not answer, or the body was erased. */
export async function readInsights(bucket: R2Bucket, record: CallbackRecord): Promise<Insights> {
  if (record.bytes > MAX_HELD_BYTES) return largeInsights(bucket, record);
  const object = await requireBody(bucket, record);
  return insightsOf(await object.json());
}

/** The insights of a large body: those kept of it, else out of the body itself. */
export async function largeInsights(bucket: R2Bucket, record: CallbackRecord): Promise<Insights> {
  const kept = await bucket.get(insightsKey(record));
  if (kept !== null) return kept.json();
  return streamInsights({ bytes: record.bytes, read: rangeReader(bucket, record) });
}

/**
 * Puts what else Deepgram found in a large transcript beside it, once, so that its page has not to
 * look for it in the body. Throws when R2 does not answer.
 */
export async function storeInsights(bucket: R2Bucket, record: CallbackRecord): Promise<void> {
  const { requestId, bytes, state } = record;
  if (bytes <= MAX_HELD_BYTES || state !== "received") return;
  const key = insightsKey(record);
  if ((await bucket.head(key)) !== null) return;
  const insights = await streamInsights({ bytes, read: rangeReader(bucket, record) });
  await conditionalPut(bucket, key, CREATE_ONLY, () =>
    bucket.put(key, JSON.stringify(insights), { onlyIf: CREATE_ONLY }),
  );
  // A deletion meanwhile has not seen them.
  if ((await headCallback(bucket, requestId))?.state === "deleted") await bucket.delete(key);
}
