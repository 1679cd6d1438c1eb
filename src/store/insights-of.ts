import { type Insights, insightsOf } from "../insights/insights.ts";
import { streamInsights } from "../insights/stream-insights.ts";
import { MAX_HELD_BYTES } from "../limits.ts";
import { insightsKey } from "./keys.ts";
import { rangeReader, requireBody } from "./open-body.ts";
import type { CallbackRecord } from "./record.ts";

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
