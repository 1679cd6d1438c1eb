import type { RequestId } from "../deepgram/request-id.ts";
import { type Condition, CREATE_ONLY, removeRecords, retryRateLimited } from "./bucket.ts";
import { type Content, discard, putContent } from "./content.ts";
import { CALLBACKS_PREFIX, callbackKey, versionKey, versionsPrefix } from "./keys.ts";
import { compare } from "./rank.ts";
import {
  type CallbackRecord,
  type Succession,
  type Tombstone,
  toMetadata,
  toRecord,
} from "./record.ts";
import { noteDisplaced } from "./sweep-bodies.ts";

/** What became of a callback that was to be stored. */
export type StoreResult =
  /** It is the first of its request. */
  | { outcome: "created" }
  /** The same bytes are there, or all that they say. */
  | { outcome: "duplicate" }
  /** It is the current one now; the body with the digest `replaced` is a version. */
  | { outcome: "replaced"; replaced: string }
  /** It is a version; the current one stays. */
  | { outcome: "conflict" }
  /** The request was deleted: nothing is stored. */
  | { outcome: "deleted" };

/** What is known of a callback before it is written; its kind is `transcript` unless it is given. */
export type NewRecord = Omit<
  CallbackRecord,
  "key" | "etag" | "bytes" | "bodyKey" | "kind" | "stream" | "succession"
> &
  Partial<Pick<CallbackRecord, "kind" | "stream">>;

/** The current callback with the etag under which it was read. */
export type Current = { record: CallbackRecord; etag: string };

/** Others have replaced the current callback again and again. */
export class ReplacedMeanwhile extends Error {}

/** Others may change the current callback meanwhile; each does so once. */
const MAX_ROUNDS = 8;

/**
 * Stores a callback under its `request_id`. When another one is there, its rank decides which is the
 * current one and which a version; after a deletion nothing is stored. R2 takes one write a second
 * for a key: one that it refuses for that is repeated. An upload that is not needed is removed. Throws
 * when R2 refuses. May be repeated.
 */
export async function storeCallback(
  bucket: R2Bucket,
  record: NewRecord,
  content: Content,
): Promise<StoreResult> {
  const stored = await store(bucket, record, content);
  if (stored.outcome === "duplicate" || stored.outcome === "deleted") {
    await discard(bucket, content);
  }
  return stored;
}

async function store(
  bucket: R2Bucket,
  { kind = "transcript", stream = null, ...given }: NewRecord,
  content: Content,
): Promise<StoreResult> {
  const record = { ...given, kind, stream, succession: null };
  const { requestId, sha256 } = record;
  // Most retries of a large body need no reference.
  const isThere = "streamed" in content && (await headCallback(bucket, requestId)) !== null;
  if (!isThere && (await put(bucket, callbackKey(requestId), record, content, CREATE_ONLY))) {
    return { outcome: "created" };
  }
  return placeBody<Placed>(bucket, requestId, async (current) => {
    switch (compare(current.record, record)) {
      case "same":
      case "outdated":
        return { outcome: "duplicate" };
      case "supersedes": {
        // An operator knew of this body, and chose another one.
        const isChosen = current.record.succession?.promotedAt != null;
        if (isChosen && (await bucket.head(versionKey(requestId, sha256))) !== null) {
          return { outcome: "duplicate" };
        }
        const succession = successionOf(current.record, null);
        const write = (onlyIf: Condition) =>
          put(bucket, callbackKey(requestId), { ...record, succession }, content, onlyIf);
        const isReplaced = await replaceCurrent(bucket, current, write);
        return isReplaced ? { outcome: "replaced", replaced: current.record.sha256 } : null;
      }
      case "other":
        if (!(await put(bucket, versionKey(requestId, sha256), record, content, CREATE_ONLY))) {
          await discard(bucket, content);
        }
        return { outcome: "conflict" };
    }
  });
}

type Placed = Exclude<StoreResult, { outcome: "created" }>;

/**
 * Does `work` with the current callback, and again with the next one while it gives null: another
 * write came first. A deletion that came between its writes has not seen the version it wrote: the
 * versions are removed then. Throws when there is no callback.
 */
export async function placeBody<Result extends { outcome: string }>(
  bucket: R2Bucket,
  requestId: RequestId,
  work: (current: Current) => Promise<Result | null>,
): Promise<Result | { outcome: "deleted" }> {
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const current = await readCurrent(bucket, requestId);
    if (current === null) throw new Error("R2 refused to create an object it does not have");
    if (current === "deleted") {
      if (round > 1) await removeVersions(bucket, requestId);
      return { outcome: "deleted" };
    }
    const result = await work(current);
    if (result === null) continue;
    if (result.outcome === "duplicate") return result;
    if ((await headCallback(bucket, requestId))?.state !== "deleted") return result;
    await removeVersions(bucket, requestId);
    return { outcome: "deleted" };
  }
  throw new ReplacedMeanwhile("the current callback kept changing");
}

/**
 * Makes the current body a version, and only then puts another one in its place, under the condition
 * that it still is the current one. False when it is not. A crash in between loses neither, and leaves
 * nothing that the sweeper does not find.
 */
export async function replaceCurrent(
  bucket: R2Bucket,
  { record, etag }: Current,
  write: (onlyIf: Condition) => Promise<boolean>,
): Promise<boolean> {
  const onlyIf = { etagMatches: etag };
  const version = versionKey(record.requestId, record.sha256);
  const isKept = await retryRateLimited(async () => {
    const object = await bucket.get(record.key, { onlyIf });
    if (object === null || !("body" in object)) return false;
    // Of a large body only what names it is copied.
    const put = await bucket.put(version, object.body, {
      onlyIf: CREATE_ONLY,
      ...(object.checksums.sha256 && { sha256: object.checksums.sha256 }),
      ...(object.httpMetadata && { httpMetadata: object.httpMetadata }),
      ...(object.customMetadata && { customMetadata: object.customMetadata }),
    });
    return put !== null || (await relyOnVersion(bucket, record, version));
  });
  return isKept === true && (await write(onlyIf));
}

/**
 * Relies on the version that is there, and has the same bytes; false when it was removed meanwhile. Where
 * it has them in another place, the record's own body is noted: nothing will name that any more.
 */
async function relyOnVersion(
  bucket: R2Bucket,
  { requestId, bodyKey: body, sha256 }: CallbackRecord,
  version: string,
): Promise<boolean> {
  const there = await bucket.head(version);
  if (there === null) return false;
  if (body !== null && there.customMetadata?.body !== body) {
    await noteDisplaced(bucket, { body, owner: callbackKey(requestId), sha256 });
  }
  return true;
}

/** What a body knows of the one whose place it takes. `promotedAt` is ISO 8601 in UTC. */
export function successionOf(replaced: CallbackRecord, promotedAt: string | null): Succession {
  const before = replaced.succession;
  return {
    revision: (before?.revision ?? 0) + 1,
    replaced: replaced.sha256,
    states: [...new Set([...(before?.states ?? []), replaced.state])],
    firstReceivedAt: before?.firstReceivedAt ?? replaced.receivedAt,
    promotedAt,
  };
}

/** False where the condition does not hold. */
async function put(
  bucket: R2Bucket,
  key: string,
  record: Omit<CallbackRecord, "key" | "etag" | "bytes" | "bodyKey">,
  content: Content,
  onlyIf: Condition,
): Promise<boolean> {
  return putContent(bucket, key, {
    content,
    sha256: record.sha256,
    onlyIf,
    customMetadata: toMetadata(record),
    contentType: "application/json",
    owner: callbackKey(record.requestId),
  });
}

/** The record of a request's current callback, its tombstone, or null. One R2 operation. */
export async function headCallback(
  bucket: R2Bucket,
  requestId: RequestId,
): Promise<CallbackRecord | Tombstone | null> {
  const object = await bucket.head(callbackKey(requestId));
  return object && toRecord(requestId, object);
}

async function readCurrent(
  bucket: R2Bucket,
  requestId: RequestId,
): Promise<Current | "deleted" | null> {
  const object = await bucket.head(callbackKey(requestId));
  if (object === null) return null;
  const record = toRecord(requestId, object);
  return record.state === "deleted" ? "deleted" : { record, etag: object.etag };
}

async function removeVersions(bucket: R2Bucket, requestId: RequestId): Promise<void> {
  await removeRecords(bucket, versionsPrefix(requestId));
}

/** The current callback with its object, or its tombstone; null when there is none. One R2 operation. */
export async function openCallback(
  bucket: R2Bucket,
  requestId: RequestId,
): Promise<{ record: CallbackRecord | Tombstone; object: R2ObjectBody } | null> {
  const object = await bucket.get(callbackKey(requestId));
  return object && { record: toRecord(requestId, object), object };
}

/** The version with this SHA-256; null when there is none. One R2 operation. */
export async function headVersion(
  bucket: R2Bucket,
  requestId: RequestId,
  sha256: string,
): Promise<CallbackRecord | Tombstone | null> {
  const object = await bucket.head(versionKey(requestId, sha256));
  return object && toRecord(requestId, object);
}

/**
 * The objects of the current callbacks after `after`, in the order of their keys; of those only whose
 * names begin with `range`.
 */
export async function listCallbacks(
  bucket: R2Bucket,
  { range, after, limit }: { range: string; after: string; limit: number },
): Promise<{ objects: R2Object[]; truncated: boolean }> {
  return bucket.list({
    prefix: CALLBACKS_PREFIX + range,
    startAfter: CALLBACKS_PREFIX + after,
    limit,
    include: ["customMetadata"],
  });
}
