import type { RequestId } from "../deepgram/request-id.ts";
import { headCallback, placeBody, replaceCurrent, successionOf } from "./callbacks.ts";
import { callbackKey, versionKey } from "./keys.ts";
import { discard, putContent, uploadCopy } from "./put-content.ts";
import { successionMetadata } from "./record.ts";
import type { Condition } from "./retry-writes.ts";

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
