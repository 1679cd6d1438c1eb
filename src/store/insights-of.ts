import type { Insights } from "../transcript/insights/insights.ts";
import { streamInsights } from "../transcript/insights/stream-insights.ts";
import { insightsKey } from "./keys.ts";
import { rangeReader } from "./open-body.ts";
import type { CallbackRecord } from "./record.ts";

/** The insights of a large body: those kept of it, else out of the body itself. */
export async function largeInsights(bucket: R2Bucket, record: CallbackRecord): Promise<Insights> {
  const kept = await bucket.get(insightsKey(record));
  if (kept !== null) return kept.json();
  return streamInsights({ bytes: record.bytes, read: rangeReader(bucket, record) });
}
