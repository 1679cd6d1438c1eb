import { createBodyReader } from "../deepgram/body-reader.ts";
import { type Facts, failedCallback, identify } from "../deepgram/callback.ts";
import { versionKey } from "./keys.ts";
import type { CallbackRecord } from "./record.ts";

/**
 * Opens the body of a record, or a range of it: always the bytes that have the record's `sha256`. Null
 * when the body was erased since the record was read. When another body has taken the place of the
 * current one meanwhile, the version is read that the displaced one became. Throws when R2 does not
 * answer.
 */
export async function openBody(
  bucket: R2Bucket,
  record: CallbackRecord,
  range?: R2Range,
): Promise<R2ObjectBody | null> {
  const options = range ? { range } : {};
  const { key, etag, bodyKey, requestId, sha256 } = record;
  if (bodyKey !== null) return bucket.get(bodyKey, options);
  const object = await bucket.get(key, { ...options, onlyIf: { etagMatches: etag } });
  if (object !== null && "body" in object) return object;
  const version = versionKey(requestId, sha256);
  return version === key ? null : bucket.get(version, options);
}

/** The same for a body that must be there: throws when it was erased. */
export async function requireBody(
  bucket: R2Bucket,
  record: CallbackRecord,
  range?: R2Range,
): Promise<R2ObjectBody> {
  const object = await openBody(bucket, record, range);
  if (object === null) throw new Error(`the body of ${record.key} is gone`);
  return object;
}

/** Reads ranges of the body of a record, each whole, so that no stream stays open. Throws when it is gone. */
export const rangeReader =
  (bucket: R2Bucket, record: CallbackRecord) =>
  async (offset: number, length: number): Promise<Uint8Array> => {
    const object = await requireBody(bucket, record, { offset, length });
    return new Uint8Array(await object.arrayBuffer());
  };

/** The facts of a stored callback, read from its body when they did not fit into the metadata. */
export async function factsOf(bucket: R2Bucket, record: CallbackRecord): Promise<Facts> {
  const { facts } = record;
  if (facts !== null) return facts;
  const object = await requireBody(bucket, record);
  const reader = createBodyReader();
  for await (const chunk of object.body) reader.push(chunk);
  const { json } = reader.end();
  const callback = identify(json);
  // A failure that came for a job has its id from there.
  return callback.ok ? callback.value.facts : failedCallback(record.requestId, json).facts;
}
