import type { RequestId } from "../deepgram/request-id.ts";
import { bodyCheckKey, CALLBACKS_PREFIX, displacedBodyKey } from "./keys.ts";
import { retryRateLimited } from "./retry-writes.ts";

/** A large body, and by what the objects are found that may name it. */
export type OwnedBody = {
  /** `bodies/…` */
  body: string;
  /** `callbacks/{request_id}` or `quarantine/{sha256}` */
  owner: string;
  /** Of the body, lower-case hexadecimal. */
  sha256: string;
};

/** The request of a large body; null for one in quarantine. */
export const requestOfOwner = (owner: string): RequestId | null =>
  owner.startsWith(CALLBACKS_PREFIX) ? (owner.slice(CALLBACKS_PREFIX.length) as RequestId) : null;

/**
 * Has the sweeper look at a large body once more. Call it before you remove or overwrite an object that
 * names the body. Nobody else removes such a body: a promotion under way may be about to name it again.
 * Gives the key of the check. Throws when R2 refuses.
 */
export async function noteDisplaced(bucket: R2Bucket, owned: OwnedBody): Promise<string> {
  const { body, owner } = owned;
  const note = (key: string, customMetadata: Record<string, string>) =>
    retryRateLimited(() => bucket.put(key, "", { customMetadata }));
  const check = bodyCheckKey(Date.now(), body);
  await note(check, owned);
  const requestId = requestOfOwner(owner);
  if (requestId !== null) await note(displacedBodyKey(requestId, body), { body });
  return check;
}
