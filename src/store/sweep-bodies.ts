import type { RequestId } from "../deepgram/request-id.ts";
import {
  BODIES_PREFIX,
  BODIES_SWEPT_KEY,
  bodiesOfHour,
  CALLBACKS_PREFIX,
  quarantineKey,
  versionKey,
} from "./keys.ts";
import { readReference, removeBody } from "./put-content.ts";

const HOUR_MS = 3_600_000;

/**
 * The bodies of an hour are looked at from two hours after its beginning: no delivery of it can name
 * its body any more (`MAX_DELIVERY_MS`), and no write under way can succeed.
 */
const MIN_AGE_MS = 2 * HOUR_MS;

/** Read operations of one run: an invocation has 1,000 of all kinds. A body that is named takes two. */
const MAX_READS = 900;

/**
 * Removes the large bodies that nothing names: of deliveries that died or failed. Each body is looked
 * at once. What is left over, after a fault or when there are too many, is looked at by the next run.
 * Gives the number of bodies removed.
 */
export async function sweepBodies(bucket: R2Bucket, now: number): Promise<number> {
  const sweptUpTo = (await (await bucket.get(BODIES_SWEPT_KEY))?.text()) ?? BODIES_PREFIX;
  const end = bodiesOfHour(now - MIN_AGE_MS + HOUR_MS);
  const { objects } = await bucket.list({
    prefix: BODIES_PREFIX,
    startAfter: sweptUpTo,
    limit: MAX_READS / 2,
  });
  let reads = 0;
  const head = (key: string) => {
    reads++;
    return bucket.head(key);
  };
  const due = objects.map(({ key }) => key).filter((key) => key < end);
  let removed = 0;
  let last: string | undefined;
  try {
    for (const body of due) {
      if (reads >= MAX_READS) break;
      if (!(await isNamed({ head }, body))) {
        await removeBody(bucket, body);
        removed++;
      }
      last = body;
    }
  } finally {
    if (last !== undefined) await bucket.put(BODIES_SWEPT_KEY, last);
  }
  return removed;
}

/**
 * Whether a record, version or quarantine entry names a body. A promotion makes a current body a
 * version before it overwrites the record, or a version the current one: that is why the current
 * record is read again at the end.
 */
async function isNamed(bucket: Pick<R2Bucket, "head">, body: string): Promise<boolean> {
  const reference = await readReference(bucket, body);
  if (reference === null) return false;
  const { owner, sha256 } = reference;
  for (const key of [owner, ...otherPlaces(owner, sha256), owner]) {
    if ((await bucket.head(key))?.customMetadata?.body === body) return true;
  }
  return false;
}

function otherPlaces(owner: string, sha256: string): string[] {
  const id = owner.startsWith(CALLBACKS_PREFIX) ? owner.slice(CALLBACKS_PREFIX.length) : null;
  return id === null ? [] : [versionKey(id as RequestId, sha256), quarantineKey(sha256)];
}
