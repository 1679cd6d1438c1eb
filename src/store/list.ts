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
