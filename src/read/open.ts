import type { RequestId } from "../deepgram/request-id.ts";
import { isDigest } from "../digest.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { headCallback } from "../store/callbacks.ts";
import { callbackKey, versionKey } from "../store/keys.ts";
import { type CallbackRecord, type Tombstone, toRecord } from "../store/record.ts";
import { requireTranscript, unknownTranscript } from "./require-transcript.ts";

/** Whether a failure of Deepgram is refused, or its body read like any other. */
export type Takes = "transcripts" | "failures too";

/** The key of the current callback, or of the body that has this SHA-256. */
export async function keyOf(
  bucket: R2Bucket,
  requestId: RequestId,
  version: string | undefined,
): Promise<string> {
  if (version === undefined) return callbackKey(requestId);
  if (!isDigest(version)) throw unknownTranscript();
  const current = await headCallback(bucket, requestId).catch(storageUnavailable);
  const isOther = current?.state !== "deleted" && current?.sha256 !== version;
  return isOther ? versionKey(requestId, version) : callbackKey(requestId);
}

/** The record of a transcript, one R2 operation. Throws the answer when it cannot be read. */
export async function head(
  bucket: R2Bucket,
  requestId: RequestId,
  key: string,
  takes: Takes = "transcripts",
) {
  const object = await bucket.head(key).catch(storageUnavailable);
  if (object === null && key !== callbackKey(requestId)) throw unknownTranscript();
  return required(bucket, requestId, object && toRecord(requestId, object), takes);
}

/** The record and the body of a transcript, one R2 operation. Throws the answer when it cannot be read. */
export async function open(
  bucket: R2Bucket,
  requestId: RequestId,
  key: string,
  range?: R2Range,
  takes: Takes = "transcripts",
): Promise<{ record: CallbackRecord; object: R2ObjectBody }> {
  const options = range ? { range } : {};
  const object = await bucket.get(key, options).catch(storageUnavailable);
  if (object === null && key !== callbackKey(requestId)) throw unknownTranscript();
  const found = object && toRecord(requestId, object);
  const record = await required(bucket, requestId, found, takes);
  if (object === null) throw unknownTranscript();
  return { record, object };
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
