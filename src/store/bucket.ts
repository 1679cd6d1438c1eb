import { BODIES_PREFIX, bodyRefKey } from "./keys.ts";

/** Every object under a prefix with its custom metadata, in the order of the keys. */
export async function* listObjects(bucket: R2Bucket, prefix: string): AsyncGenerator<R2Object> {
  let cursor: string | undefined;
  do {
    const page = await bucket.list({
      prefix,
      include: ["customMetadata"],
      ...(cursor !== undefined && { cursor }),
    });
    yield* page.objects;
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}

/** The `newest` objects under a prefix, of the first that are `listed`; `isCut` where there are more. */
export async function newestUnder(
  bucket: R2Bucket,
  prefix: string,
  { newest, listed }: { newest: number; listed: number },
) {
  const all: R2Object[] = [];
  for await (const object of listObjects(bucket, prefix)) {
    if (all.push(object) === listed) break;
  }
  const byTime = all.toSorted((one, other) => other.uploaded.getTime() - one.uploaded.getTime());
  return { objects: byTime.slice(0, newest), isCut: all.length > newest };
}

/** The etag of an object; null where there is none. */
export const etagOf = async (bucket: R2Bucket, key: string): Promise<string | null> =>
  (await bucket.head(key))?.etag ?? null;

/** R2 deletes at most so many keys a call. */
const MAX_KEYS = 1_000;

/** The keys of all objects under a prefix, in order. */
export async function keysUnder(bucket: R2Bucket, prefix: string): Promise<string[]> {
  const objects = await Array.fromAsync(listObjects(bucket, prefix));
  return objects.map(({ key }) => key);
}

/** Removes objects by their keys; what is not there is no fault. */
export async function removeAll(bucket: R2Bucket, keys: string[]): Promise<void> {
  for (let from = 0; from < keys.length; from += MAX_KEYS) {
    await bucket.delete(keys.slice(from, from + MAX_KEYS));
  }
}

/**
 * Removes the objects under a prefix, before them the large bodies that they name: a repeated
 * removal still finds these after an interruption.
 */
export async function removeRecords(bucket: R2Bucket, prefix: string): Promise<void> {
  const objects = await Array.fromAsync(listObjects(bucket, prefix));
  // The entry of a translation has a digest under the same name.
  const bodies = objects
    .flatMap(({ customMetadata }) => customMetadata?.body ?? [])
    .filter((body) => body.startsWith(BODIES_PREFIX));
  await removeAll(bucket, [...bodies, ...bodies.map(bodyRefKey)]);
  await removeAll(
    bucket,
    objects.map(({ key }) => key),
  );
}

/** Removes the objects under a prefix that were written more than `ageMs` ago; gives their number. */
export async function removeOld(
  bucket: R2Bucket,
  prefix: string,
  ageMs: number,
  now: number,
): Promise<number> {
  const old: string[] = [];
  for await (const { key, uploaded } of listObjects(bucket, prefix)) {
    if (now - uploaded.getTime() >= ageMs) old.push(key);
  }
  await removeAll(bucket, old);
  return old.length;
}

/** The condition of an R2 put that succeeds only where there is no object yet: the first one wins. */
export const CREATE_ONLY = { etagDoesNotMatch: "*" } satisfies R2Conditional;

/** R2 takes one write a second for a key: a write that is refused waits a little over that. */
const PAUSE_MS = 1_100;
const TRIES = 3;

/** Repeats work that R2 refuses, up to three tries in all. Rejects as the last one does. */
export async function retryWrites<Value>(work: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === TRIES) throw error;
      await scheduler.wait(PAUSE_MS);
    }
  }
}

/** What R2 says to a second write of a key within a second. */
const RATE_LIMITED = "(10058)";

/** A fourth try comes more than three seconds after the first: within the answer's deadline. */
const RATE_LIMITED_TRIES = 4;

const isRateLimited = (error: unknown): boolean => String(error).includes(RATE_LIMITED);

/**
 * Repeats a write of R2 that came too soon after another one of its key, up to four tries in all.
 * Rejects as the last one does, and with any other error at once. `isDecided` is asked after each such
 * refusal: where the other write has decided the matter, null is given at once.
 */
export async function retryRateLimited<Value>(
  write: () => Promise<Value>,
  isDecided: () => Promise<boolean> = async () => false,
): Promise<Value | null> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (!isRateLimited(error)) throw error;
      if (await isDecided()) return null;
      if (attempt === RATE_LIMITED_TRIES) throw error;
      await scheduler.wait(PAUSE_MS);
    }
  }
}

/** There is no object yet, or it is the one with this etag. */
export type Condition = typeof CREATE_ONLY | { etagMatches: string };

/**
 * Puts an object under a condition, by `put`; null where it does not hold. A put that came too soon after
 * another one of the key is repeated, unless that has ended the condition. Rejects when R2 refuses.
 */
export const conditionalPut = (
  bucket: R2Bucket,
  key: string,
  onlyIf: Condition,
  put: () => Promise<R2Object | null>,
): Promise<R2Object | null> =>
  retryRateLimited(put, async () => {
    const object = await bucket.head(key);
    return "etagMatches" in onlyIf ? object?.etag !== onlyIf.etagMatches : object !== null;
  });
