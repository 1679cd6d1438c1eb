import { headCallback } from "./callbacks.ts";
import { noteDisplaced } from "./displaced-bodies.ts";
import { attachmentsPrefix, callbackKey, versionsPrefix } from "./keys.ts";
import { keysUnder, listObjects, removeAll } from "./list.ts";
import { compare } from "./rank.ts";
import { type CallbackRecord, toRecord } from "./record.ts";

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
