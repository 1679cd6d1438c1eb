import type { RequestId } from "../deepgram/request-id.ts";
import { callbackKey, versionKey } from "../store/keys.ts";
import { type CallbackRecord, toRecord } from "../store/record.ts";
import { requireTranscript, unknownTranscript } from "./require-transcript.ts";
import { storageUnavailable } from "./storage-unavailable.ts";

/** The key of the current callback, or of the version that has this SHA-256. */
export function keyOf(requestId: RequestId, version: string | undefined): string {
  if (version === undefined) return callbackKey(requestId);
  if (!/^[0-9a-f]{64}$/.test(version)) throw unknownTranscript();
  return versionKey(requestId, version);
}

/** The record of a transcript, one R2 operation. Throws the answer when it cannot be read. */
export async function head(bucket: R2Bucket, requestId: RequestId, key: string) {
  const object = await bucket.head(key).catch(storageUnavailable);
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
  const found = object && toRecord(requestId, object);
  if (found?.state !== "received") await object?.body.cancel();
  const record = await requireTranscript(bucket, requestId, found);
  if (object === null) throw unknownTranscript();
  return { record, object };
}
