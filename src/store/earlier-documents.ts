import { headCallback } from "./callbacks.ts";
import { besidePrefix, versionsPrefix } from "./keys.ts";
import { listObjects } from "./list.ts";
import { removeBody } from "./put-content.ts";
import { compare } from "./rank.ts";
import { type CallbackRecord, toRecord } from "./record.ts";
import { keysUnder, removeAll } from "./remove.ts";

/**
 * Removes the earlier documents of a current body's stream, and what was derived from them, but for the
 * last one that it displaced: the current body has all that they say. May be repeated.
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
  const beside = await keysUnder(bucket, besidePrefix(requestId));
  const isOf = (key: string) => removed.some(({ sha256 }) => key.includes(sha256));
  await removeAll(bucket, beside.filter(isOf));
  // After that: an operator may have promoted one of them since, whose body is the current one then.
  const current = await headCallback(bucket, requestId);
  const bodies = removed.flatMap(({ bodyKey }) => bodyKey ?? []);
  for (const body of bodies) if (body !== current?.bodyKey) await removeBody(bucket, body);
}
