import type { RequestId } from "../deepgram/request-id.ts";
import { isDigest } from "../digest.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { headCallback } from "../store/callbacks.ts";
import { callbackKey, versionKey } from "../store/keys.ts";
import { type CallbackRecord, toRecord } from "../store/record.ts";
import { requireTranscript, unknownTranscript } from "./require-transcript.ts";

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
export async function head(bucket: R2Bucket, requestId: RequestId, key: string) {
  const object = await bucket.head(key).catch(storageUnavailable);
  if (object === null && key !== callbackKey(requestId)) throw unknownTranscript();
  return requireTranscript(bucket, requestId, object && toRecord(requestId, object));
}

/** The record and the body of a transcript, one R2 operation. Throws the answer when it cannot be read. */
export async function open(
  bucket: R2Bucket,
  requestId: RequestId,
  key: string,
  range?: R2Range,
): Promise<{ record: CallbackRecord; object: R2ObjectBody }> {
  const options = range ? { range } : {};
  const object = await bucket.get(key, options).catch(storageUnavailable);
  if (object === null && key !== callbackKey(requestId)) throw unknownTranscript();
  const found = object && toRecord(requestId, object);
  const record = await requireTranscript(bucket, requestId, found);
  if (object === null) throw unknownTranscript();
  return { record, object };
}
