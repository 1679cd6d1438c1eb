import type { RequestId } from "../deepgram/request-id.ts";
import { type Condition, keysUnder, listObjects, removeAll } from "./bucket.ts";
import { headCallback, placeBody, replaceCurrent, successionOf } from "./callbacks.ts";
import { discard, putContent, uploadCopy } from "./content.ts";
import { attachmentsPrefix, callbackKey, versionKey, versionsPrefix } from "./keys.ts";
import { compare } from "./rank.ts";
import { type CallbackRecord, successionMetadata, toRecord } from "./record.ts";
import { noteDisplaced } from "./sweep-bodies.ts";

/** What became of the wish to make a version the current body. */
export type Promotion =
  | { outcome: "promoted"; replaced: string }
  /** It is the current body already. */
  | { outcome: "duplicate" }
  /** The request has no such body. */
  | { outcome: "unknown" }
  | { outcome: "deleted" };

/**
 * Makes the body with this SHA-256 the current one; the current one becomes a version. An operator may
 * promote any body, a failure over a transcript too. `promotedAt` is ISO 8601 in UTC. May be repeated.
 * Throws when R2 refuses.
 */
export async function promoteVersion(
  bucket: R2Bucket,
  requestId: RequestId,
  sha256: string,
  promotedAt: string,
): Promise<Promotion> {
  if ((await headCallback(bucket, requestId)) === null) return { outcome: "unknown" };
  return placeBody<Promotion>(bucket, requestId, async (current) => {
    if (current.record.sha256 === sha256) return { outcome: "duplicate" };
    const startedAt = Date.now();
    const version = await bucket.get(versionKey(requestId, sha256));
    if (version === null) return { outcome: "unknown" };
    const { body, bytes, ...customMetadata } = version.customMetadata ?? {};
    // A small body is copied: the record that names the copy has an etag that no other write of the same
    // body has. By its own bytes a promotion that began before others had replaced the body, and put it
    // back, would take it for unchanged.
    const content =
      body === undefined
        ? await uploadCopy(bucket, version)
        : { streamed: { key: body, bytes: Number(bytes), startedAt } };
    const write = (onlyIf: Condition) =>
      putContent(bucket, callbackKey(requestId), {
        content,
        sha256,
        onlyIf,
        customMetadata: {
          ...customMetadata,
          ...successionMetadata(successionOf(current.record, promotedAt)),
        },
        contentType: "application/json",
        owner: callbackKey(requestId),
      });
    const isReplaced = await replaceCurrent(bucket, current, write);
    if (!isReplaced && body === undefined) await discard(bucket, content);
    return isReplaced ? { outcome: "promoted", replaced: current.record.sha256 } : null;
  });
}

/**
 * Removes the earlier documents of a current body's stream, and what was derived from them, but for the
 * last one that it displaced: the current body has all that they say. Their large bodies are left to the
 * sweeper. May be repeated. Throws when one of them was promoted meanwhile: what was derived from it may
 * be gone, and is to be made anew.
 */
export async function removeEarlierDocuments(
  bucket: R2Bucket,
  record: CallbackRecord,
): Promise<void> {
  const { requestId, stream, succession } = record;
  if (stream === null || succession === null) return;
  const removed: CallbackRecord[] = [];
  for await (const object of listObjects(bucket, versionsPrefix(requestId))) {
    const version = toRecord(requestId, object);
    if (version.state === "deleted" || version.sha256 === succession.replaced) continue;
    if (compare(record, version) === "outdated") removed.push(version);
  }
  if (removed.length === 0) return;
  const beside = await keysUnder(bucket, attachmentsPrefix(requestId));
  const isOf = (key: string) => removed.some(({ sha256 }) => key.includes(sha256));
  // Before that: an operator may be about to promote one of them, and their bodies stay until it is sure
  // that he is not. The sweeper removes them.
  const owner = callbackKey(requestId);
  for (const { bodyKey: body, sha256 } of removed) {
    if (body !== null) await noteDisplaced(bucket, { body, owner, sha256 });
  }
  // Another body has become the current one: its own message removes what is earlier than that.
  const current = await headCallback(bucket, requestId);
  if (current?.etag !== record.etag) return;
  await removeAll(bucket, beside.filter(isOf));
  const promoted = await headCallback(bucket, requestId);
  if (promoted === null || promoted.state === "deleted" || !isOf(promoted.sha256)) return;
  throw new Error(`${promoted.sha256} was promoted while it was removed`);
}
