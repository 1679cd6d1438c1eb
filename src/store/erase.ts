import type { RequestId } from "../deepgram/request-id.ts";
import { type Condition, CREATE_ONLY, conditionalPut, removeRecords } from "./bucket.ts";
import { headCallback } from "./callbacks.ts";
import { removeBody } from "./content.ts";
import { attachmentsPrefix, callbackKey, deadLettersPrefix } from "./keys.ts";
import { type CallbackRecord, firstReceivedAt, type Tombstone } from "./record.ts";

/** What the rest of an erasure needs. */
export type Grave = Omit<Tombstone, "etag">;

/** What a tombstone keeps of the record that it replaces. */
type Remembered = Pick<Tombstone, "bodyKey" | "firstReceivedAt">;

/** Others may change the record meanwhile; each does so once. */
const MAX_ROUNDS = 8;

/**
 * Puts a tombstone in the place of a callback, or of none: from now on it reads as deleted, and stays
 * so. `known` is the record as it was read before. The tombstone names the large body of the record it replaces, so that a repeated
 * erasure still finds the body after an interruption. One that is there stays. `deletedAt` is ISO 8601 in UTC.
 */
export async function writeTombstone(
  bucket: R2Bucket,
  id: RequestId,
  deletedAt: string,
  known: CallbackRecord | Tombstone | null,
): Promise<Grave> {
  let record = known;
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    if (record?.state === "deleted") return record;
    const remembered = {
      bodyKey: record?.bodyKey ?? null,
      firstReceivedAt: record === null ? null : firstReceivedAt(record),
    };
    const onlyIf = record === null ? CREATE_ONLY : { etagMatches: record.etag };
    if (await putTombstone(bucket, id, deletedAt, onlyIf, remembered)) {
      return { requestId: id, state: "deleted", deletedAt, ...remembered };
    }
    record = await headCallback(bucket, id);
  }
  throw new Error("the current callback kept changing");
}

/** Puts a tombstone under a condition: false where that does not hold. Throws when R2 refuses. */
export async function putTombstone(
  bucket: R2Bucket,
  id: RequestId,
  deletedAt: string,
  onlyIf: Condition,
  { bodyKey, firstReceivedAt }: Remembered = { bodyKey: null, firstReceivedAt: null },
): Promise<boolean> {
  // An etag is the hash of the body: an empty one has that of a failure whose body is empty, in whose
  // place a transcript may be about to be written.
  const text = `deleted ${crypto.randomUUID()}`;
  const customMetadata = {
    state: "deleted",
    deleted_at: deletedAt,
    ...(bodyKey !== null && { body: bodyKey }),
    ...(firstReceivedAt !== null && { first_received_at: firstReceivedAt }),
  };
  const put = () => bucket.put(callbackKey(id), text, { onlyIf, customMetadata });
  return (await conditionalPut(bucket, callbackKey(id), onlyIf, put)) !== null;
}

/** Removes all that is kept of a request beside its tombstone: bodies, versions, and of its follow-ups. */
export async function eraseAttachments(
  bucket: R2Bucket,
  { requestId, bodyKey }: Pick<Tombstone, "requestId" | "bodyKey">,
): Promise<void> {
  if (bodyKey !== null) await removeBody(bucket, bodyKey);
  for (const prefix of [attachmentsPrefix(requestId), deadLettersPrefix(requestId)]) {
    await removeRecords(bucket, prefix);
  }
}
