import type { Content } from "./content.ts";
import { SPOOL_PREFIX } from "./keys.ts";
import { removeOld } from "./remove.ts";

/** By then no delivery is still at work. */
const MAX_AGE_MS = 3_600_000;

/** Removes a spooled body; nothing is to be done for one in memory. */
export async function discard(bucket: R2Bucket, content: Content): Promise<void> {
  if ("spooled" in content) await bucket.delete(content.spooled);
}

/** Removes what deliveries that died have left in the spool; gives the number of objects. */
export function cleanSpool(bucket: R2Bucket, now: number): Promise<number> {
  return removeOld(bucket, SPOOL_PREFIX, MAX_AGE_MS, now);
}
