import * as z from "zod";
import { MAX_HELD_BYTES } from "../lib/limits.ts";
import { openBody } from "./open-body.ts";
import type { CallbackRecord } from "./record.ts";

// Where it failed, `short` has an error sentence instead.
const summarized = z.object({
  results: z.object({ summary: z.object({ result: z.literal("success"), short: z.string() }) }),
});

/** Deepgram's summary in a callback body; null when there is none, or the body is not held in memory. */
export async function summaryOf(bucket: R2Bucket, record: CallbackRecord): Promise<string | null> {
  if (record.bytes > MAX_HELD_BYTES) return null;
  const object = await openBody(bucket, record);
  return summarized.safeParse(await object?.json()).data?.results.summary.short ?? null;
}
