import { sha256 } from "../lib/digest.ts";

/** Of the lists of a configuration: they live as long as it does, and never change. */
const digests = new WeakMap<readonly unknown[], readonly ArrayBuffer[]>();

/**
 * The index of the item whose secret `presented` equals, or -1. Both sides are digested, so that
 * lengths do not show, and every secret is compared, so that the time does not tell which one matched.
 * A list must not change: its digests are kept.
 */
export async function findSecret<Item>(
  presented: BufferSource | string,
  items: readonly Item[],
  secretOf: (item: Item) => string,
): Promise<number> {
  const digest = await sha256(presented);
  const known = digests.get(items) ?? (await digested(items, secretOf));
  let found = -1;
  known.forEach((candidate, index) => {
    if (crypto.subtle.timingSafeEqual(digest, candidate)) found = index;
  });
  return found;
}

// Kept once they are there: no request may wait for a digest that another one started.
async function digested<Item>(items: readonly Item[], secretOf: (item: Item) => string) {
  const made = await Promise.all(items.map((item) => sha256(secretOf(item))));
  digests.set(items, made);
  return made;
}
