import { sha256 } from "./digest.ts";

/**
 * The index of the secret that `presented` equals, or -1. Both sides are digested, so that lengths
 * do not show, and every secret is compared, so that the time does not tell which one matched.
 */
export async function findSecret(
  presented: BufferSource | string,
  secrets: readonly string[],
): Promise<number> {
  const digest = await sha256(presented);
  const known = await Promise.all(secrets.map((secret) => sha256(secret)));
  let found = -1;
  known.forEach((candidate, index) => {
    if (crypto.subtle.timingSafeEqual(digest, candidate)) found = index;
  });
  return found;
}
