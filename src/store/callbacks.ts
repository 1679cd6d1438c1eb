import type { RequestId } from "../deepgram/request-id.ts";
import { type Content, contentStream } from "./content.ts";
import { CREATE_ONLY } from "./create-only.ts";
import { callbackKey, versionKey } from "./keys.ts";
import { type CallbackRecord, type Tombstone, toMetadata, toRecord } from "./record.ts";

export type Stored = "created" | "duplicate" | "conflict" | "deleted";

/** What is known of a callback before it is written. */
export type NewRecord = Omit<CallbackRecord, "key" | "etag" | "bytes" | "bodyKey">;

/**
 * Stores a callback under its `request_id`. When another one is there, the same bytes are a
 * `duplicate`, others are kept beside as a version (`conflict`); after a deletion nothing is stored.
 * Throws when R2 refuses.
 */
export async function storeCallback(
  bucket: R2Bucket,
  record: NewRecord,
  content: Content,
): Promise<Stored> {
  const { requestId, sha256 } = record;
  // A large body is not sent over only to learn that it is there: its retry must be fast.
  const isThere = "spooled" in content && (await headCallback(bucket, requestId)) !== null;
  if (!isThere && (await create(bucket, callbackKey(requestId), record, content))) return "created";
  const current = await headCallback(bucket, requestId);
  if (current === null) throw new Error("R2 refused to create an object it does not have");
  if (current.state === "deleted") return "deleted";
  if (current.sha256 === sha256) return "duplicate";
  await create(bucket, versionKey(requestId, sha256), record, content);
  // A deletion between the two writes has not seen this version.
  if ((await headCallback(bucket, requestId))?.state !== "deleted") return "conflict";
  await bucket.delete(versionKey(requestId, sha256));
  return "deleted";
}

async function create(
  bucket: R2Bucket,
  key: string,
  record: NewRecord,
  content: Content,
): Promise<boolean> {
  const object = await bucket.put(key, await contentStream(bucket, content), {
    onlyIf: CREATE_ONLY,
    sha256: record.sha256,
    httpMetadata: { contentType: "application/json" },
    customMetadata: toMetadata(record),
  });
  return object !== null;
}

/** The record of a request's current callback, its tombstone, or null. One R2 operation. */
export async function headCallback(
  bucket: R2Bucket,
  requestId: RequestId,
): Promise<CallbackRecord | Tombstone | null> {
  const object = await bucket.head(callbackKey(requestId));
  return object && toRecord(requestId, object);
}
