import type { RequestId } from "../deepgram/request-id.ts";
import { headCallback, placeBody, replaceCurrent, successionOf } from "./callbacks.ts";
import { callbackKey, versionKey } from "./keys.ts";
import { retryRateLimited } from "./patiently.ts";
import { type Succession, successionMetadata } from "./record.ts";

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
    const key = versionKey(requestId, sha256);
    if ((await bucket.head(key)) === null) return { outcome: "unknown" };
    const succession = successionOf(current.record, promotedAt);
    const write = (onlyIf: R2Conditional) =>
      copyToCurrent(bucket, requestId, key, succession, onlyIf);
    const isReplaced = await replaceCurrent(bucket, current, write);
    return isReplaced ? { outcome: "promoted", replaced: current.record.sha256 } : null;
  });
}

/** False where the condition does not hold, or the version is gone. */
async function copyToCurrent(
  bucket: R2Bucket,
  requestId: RequestId,
  key: string,
  succession: Succession,
  onlyIf: R2Conditional,
): Promise<boolean> {
  const object = await retryRateLimited(async () => {
    const version = await bucket.get(key);
    if (version === null) return null;
    return bucket.put(callbackKey(requestId), version.body, {
      onlyIf,
      ...(version.checksums.sha256 && { sha256: version.checksums.sha256 }),
      ...(version.httpMetadata && { httpMetadata: version.httpMetadata }),
      customMetadata: { ...version.customMetadata, ...successionMetadata(succession) },
    });
  });
  return object !== null;
}
