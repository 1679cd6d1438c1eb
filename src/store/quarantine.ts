import * as z from "zod";
import type { Content } from "./content.ts";
import { CREATE_ONLY } from "./create-only.ts";
import { noteDisplaced } from "./displaced-bodies.ts";
import { bodyRefKey, QUARANTINE_PREFIX, quarantineKey } from "./keys.ts";
import { discard, putContent } from "./put-content.ts";

/** A verified body that could not be matched to a request. */
export type Quarantined = {
  /** SHA-256 of the body, lower-case hexadecimal. */
  digest: string;
  reason: string;
  content_type: string;
  bytes: number;
  /** When it came first; ISO 8601, UTC. */
  received_at: string;
  /** Which request it seems to be about, where that is known. */
  request_id?: string | undefined;
};

const metadata = z.object({
  reason: z.string(),
  content_type: z.string().default(""),
  received_at: z.string(),
  bytes: z.coerce.number().int(),
  request_id: z.string().optional(),
});

/** Keeps a body once per digest; an upload that is not needed is removed. Throws when R2 refuses. */
export async function quarantine(
  bucket: R2Bucket,
  { digest, bytes: _, request_id, ...facts }: Quarantined,
  content: Content,
): Promise<void> {
  const key = quarantineKey(digest);
  const isKept = await putContent(bucket, key, {
    content,
    sha256: digest,
    onlyIf: CREATE_ONLY,
    customMetadata: { ...facts, ...(request_id !== undefined && { request_id }) },
    owner: key,
  });
  if (!isKept) await discard(bucket, content);
}

/** A body in quarantine; null when there is none with this digest. */
export async function openQuarantined(
  bucket: R2Bucket,
  digest: string,
): Promise<R2ObjectBody | null> {
  const object = await bucket.get(quarantineKey(digest));
  const body = object?.customMetadata?.body;
  if (object === null || body === undefined) return object;
  await object.body.cancel();
  return bucket.get(body);
}

/**
 * Removes a body from quarantine; false when there is none with this digest. A large body goes after its
 * entry; the sweeper removes it where this is broken off.
 */
export async function removeQuarantined(bucket: R2Bucket, digest: string): Promise<boolean> {
  const object = await bucket.head(quarantineKey(digest));
  if (object === null) return false;
  const body = object.customMetadata?.body;
  if (body === undefined) {
    await bucket.delete(object.key);
    return true;
  }
  const check = await noteDisplaced(bucket, { body, owner: object.key, sha256: digest });
  await bucket.delete(object.key);
  await bucket.delete([body, bodyRefKey(body), check]);
  return true;
}

/** A page of the quarantine, by digest; `cursor` is the last digest of the page before. */
export async function listQuarantine(
  bucket: R2Bucket,
  limit: number,
  cursor: string | undefined,
): Promise<{ quarantine: Quarantined[]; next_cursor: string | null }> {
  const page = await bucket.list({
    prefix: QUARANTINE_PREFIX,
    limit,
    include: ["customMetadata"],
    ...(cursor !== undefined && { startAfter: quarantineKey(cursor) }),
  });
  const quarantine = page.objects.map(({ key, size, customMetadata }) => ({
    digest: key.slice(QUARANTINE_PREFIX.length),
    ...metadata.parse({ bytes: size, ...customMetadata }),
  }));
  return { quarantine, next_cursor: page.truncated ? (quarantine.at(-1)?.digest ?? null) : null };
}
