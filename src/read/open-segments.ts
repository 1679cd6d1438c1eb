import { problem } from "../http/problem.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { MAX_HELD_BYTES } from "../lib/limits.ts";
import { factsOf } from "../store/facts.ts";
import { largeInsights } from "../store/insights-of.ts";
import type { CallbackRecord } from "../store/record.ts";
import { largeSegments } from "../store/segments-of.ts";
import { type Insights, insightsOf } from "../transcript/insights/insights.ts";
import { summarySegments } from "../transcript/insights/summary-segments.ts";
import type { Segment } from "../transcript/segments/segment.ts";
import { segments } from "../transcript/segments/segments.ts";
import { unshowableReason } from "../transcript/segments/unshowable.ts";
import { open, type Wanted } from "./open.ts";

/** A result as it is shown: the speech of a transcript, or what was found in a text. */
export type OpenedResult = { record: CallbackRecord } & (
  | { segments: AsyncIterable<Segment> | Segment[] }
  | { insights: Insights }
);

/** A transcript's segments in order of time, or a text's insights. Throws the answer when it cannot be read. */
export async function openResult(bucket: R2Bucket, wanted: Wanted): Promise<OpenedResult> {
  const { record, object } = await open(bucket, wanted);
  const isText = record.kind === "text";
  if (record.bytes <= MAX_HELD_BYTES) {
    const json = await object.json();
    return isText ? { record, insights: insightsOf(json) } : { record, segments: segments(json) };
  }
  await object.body.cancel();
  if (isText) {
    return { record, insights: await largeInsights(bucket, record).catch(storageUnavailable) };
  }
  const large = prefetchFirst(largeSegments(bucket, record)).catch(refuseUnshowable);
  return { record, segments: await large };
}

/** The same as segments to be searched: those of a text are its summary. */
export async function openSegments(
  bucket: R2Bucket,
  wanted: Wanted,
): Promise<{ record: CallbackRecord; segments: AsyncIterable<Segment> | Segment[] }> {
  const result = await openResult(bucket, wanted);
  if ("segments" in result) return result;
  const { record, insights } = result;
  const { languages } = await factsOf(bucket, record).catch(storageUnavailable);
  return { record, segments: summarySegments(insights, languages[0] ?? null) };
}

/** Errors are found before the answer begins. */
function refuseUnshowable(error: unknown): never {
  const reason = unshowableReason(error);
  if (reason === null) storageUnavailable(error);
  throw problem(422, "not_showable", `The transcript can only be had as JSON: it is ${reason}.`);
}

/** The same items, the first of which has been made. */
async function prefetchFirst<Item>(items: AsyncGenerator<Item>): Promise<AsyncIterable<Item>> {
  const first = await items.next();
  return (async function* () {
    if (first.done) return;
    yield first.value;
    yield* items;
  })();
}
