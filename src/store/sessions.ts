import * as z from "zod";
import { knownScopes } from "../config/api-tokens.ts";
import { removeOld } from "./bucket.ts";
import { SESSIONS_PREFIX, sessionKey } from "./keys.ts";

const session = z.object({
  /** See `tokenId`. */
  token_id: z.string(),
  scopes: knownScopes,
  /** HMAC-SHA-256 of the API token under the id in the cookie, hexadecimal: nothing here undoes it. */
  token_proof: z.string(),
  /** SHA-256 of a token made at run time, its key in KV; null for one of `API_TOKENS`. */
  token_sha256: z.string().nullable(),
  /** ISO 8601, UTC. */
  expires_at: z.iso.datetime(),
});

export type StoredSession = z.infer<typeof session>;

/** How long a session lasts. */
export const SESSION_SECONDS = 43_200;

/**
 * Stores a new session. `digest` is the SHA-256 of the id in the cookie, lower-case hexadecimal: a list
 * of the bucket lets nobody in. Throws when R2 refuses.
 */
export async function createSession(
  bucket: R2Bucket,
  digest: string,
  created: StoredSession,
): Promise<void> {
  await bucket.put(sessionKey(digest), JSON.stringify(created));
}

/** A session that has neither expired nor been ended, or null. Throws when R2 does not answer. */
export async function readSession(
  bucket: R2Bucket,
  digest: string,
  now: number,
): Promise<StoredSession | null> {
  const object = await bucket.get(sessionKey(digest));
  if (object === null) return null;
  const stored = session.parse(await object.json());
  return Date.parse(stored.expires_at) > now ? stored : null;
}

/** Ends a session everywhere at once. Throws when R2 refuses. */
export async function deleteSession(bucket: R2Bucket, digest: string): Promise<void> {
  await bucket.delete(sessionKey(digest));
}

/** Removes sessions that have expired; returns their number. */
export function cleanSessions(bucket: R2Bucket, now: number): Promise<number> {
  return removeOld(bucket, SESSIONS_PREFIX, SESSION_SECONDS * 1_000, now);
}
