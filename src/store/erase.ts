import type { RequestId } from "../deepgram/request-id.ts";
import { besidePrefix, callbackKey, deadLettersPrefix } from "./keys.ts";
import { keysUnder, removeAll } from "./remove.ts";

/**
 * Puts a tombstone in the place of a callback, or under a condition: from now on it reads as deleted,
 * and stays so. `deletedAt` is ISO 8601 in UTC.
 */
export async function putTombstone(
  bucket: R2Bucket,
  id: RequestId,
  deletedAt: string,
  onlyIf?: R2Conditional,
): Promise<void> {
  // An etag is the hash of the body: an empty one has that of a failure whose body is empty, in whose
  // place a transcript may be about to be written.
  await bucket.put(callbackKey(id), `deleted ${crypto.randomUUID()}`, {
    ...(onlyIf && { onlyIf }),
    customMetadata: { state: "deleted", deleted_at: deletedAt },
  });
}

/** Removes all that is kept beside a callback, and of its follow-ups. */
export async function eraseBeside(bucket: R2Bucket, id: RequestId): Promise<void> {
  for (const prefix of [besidePrefix(id), deadLettersPrefix(id)]) {
    await removeAll(bucket, await keysUnder(bucket, prefix));
  }
}
