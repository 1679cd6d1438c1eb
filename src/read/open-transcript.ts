import type { RequestId } from "../deepgram/request-id.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { isDigest } from "../lib/digest.ts";
import { MAX_HELD_BYTES } from "../lib/held-bytes.ts";
import { headCallback, headVersion, openCallback } from "../store/callbacks.ts";
import { factsOf, openBody } from "../store/content.ts";
import type { CallbackRecord, Tombstone } from "../store/record.ts";
import { largeInsights, largeSegments } from "../store/stored-segments.ts";
import { type Insights, insightsOf, summarySegments } from "../transcript/insights/insights.ts";
import type { Segment } from "../transcript/segments/segment.ts";
import { segments } from "../transcript/segments/segments.ts";
import { unshowableReason } from "../transcript/segments/stored-body-reader.ts";
import { requireTranscript, unknownTranscript } from "./require-transcript.ts";

/** Whether a failure of Deepgram is refused, or its body read like any other. */
export type Takes = "transcripts" | "failures too";

/** The current body of a request, or the one that has this SHA-256. */
export type Wanted = { requestId: RequestId; version?: string | undefined; takes?: Takes };

/** A read starts again when its body was replaced or erased between two operations. */
export const MAX_ROUNDS = 3;

/**
 * The record of the current body or of a version; one R2 operation for the current one, at most two
 * for a version. Throws the answer when it cannot be read.
 */
export async function requireRecord(
  bucket: R2Bucket,
  { requestId, version, takes = "transcripts" }: Wanted,
): Promise<CallbackRecord> {
  if (version !== undefined && !isDigest(version)) throw unknownTranscript();
  const current = await headCallback(bucket, requestId).catch(storageUnavailable);
  const isOther = version !== undefined && current?.state !== "deleted";
  if (!isOther || current?.sha256 === version) return required(bucket, requestId, current, takes);
  const found = await headVersion(bucket, requestId, version).catch(storageUnavailable);
  if (found === null) throw unknownTranscript();
  return required(bucket, requestId, found, takes);
}

/**
 * A record and its body, which is never that of another record. A small current body takes one R2
 * operation. Throws the answer when it cannot be read.
 */
export async function open(
  bucket: R2Bucket,
  wanted: Wanted,
): Promise<{ record: CallbackRecord; object: R2ObjectBody }> {
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const opened =
      wanted.version === undefined
        ? await openCurrent(bucket, wanted)
        : await openRecord(bucket, await requireRecord(bucket, wanted));
    if (opened !== null) return opened;
  }
  return storageUnavailable(new Error("the body changed while it was opened"));
}

async function openCurrent(bucket: R2Bucket, { requestId, takes = "transcripts" }: Wanted) {
  const found = await openCallback(bucket, requestId).catch(storageUnavailable);
  const record = await required(bucket, requestId, found?.record ?? null, takes);
  if (found === null) throw unknownTranscript();
  if (record.bodyKey === null) return { record, object: found.object };
  await found.object.body.cancel();
  return openRecord(bucket, record);
}

async function openRecord(bucket: R2Bucket, record: CallbackRecord) {
  const object = await openBody(bucket, record).catch(storageUnavailable);
  return object && { record, object };
}

async function required(
  bucket: R2Bucket,
  requestId: RequestId,
  record: CallbackRecord | Tombstone | null,
  takes: Takes,
): Promise<CallbackRecord> {
  if (takes === "failures too" && record?.state === "failed") return record;
  return requireTranscript(bucket, requestId, record);
}

/** A result as it is shown: the speech of a transcript, or what was found in a text. */
type OpenedResult = { record: CallbackRecord } & (
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
