import * as z from "zod";
import { createBodyReader } from "../deepgram/body-reader.ts";
import { CREATE_ONLY } from "./bucket.ts";
import { type Content, discard, putContent, uploadCopy } from "./content.ts";
import { bodyRefKey, QUARANTINE_PREFIX, quarantineKey } from "./keys.ts";
import { noteDisplaced } from "./sweep-bodies.ts";
import { readHeld, type TakenBody } from "./take-body.ts";

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
 * A body in quarantine, read as it was when it came, with the content type that its sender named. Of a
 * large one the content is named, and not held. Null when there is none with this digest.
 */
export async function readQuarantined(
  bucket: R2Bucket,
  digest: string,
): Promise<{ contentType: string; body: TakenBody } | null> {
  const entry = await bucket.get(quarantineKey(digest));
  if (entry === null) return null;
  const { content_type: contentType, bytes } = metadata.parse({
    bytes: entry.size,
    ...entry.customMetadata,
  });
  const key = entry.customMetadata?.body;
  if (key === undefined) {
    return { contentType, body: await readHeld(new Uint8Array(await entry.arrayBuffer())) };
  }
  await entry.body.cancel();
  const object = await bucket.get(key);
  if (object === null) throw new Error(`${key} is gone`);
  const reader = createBodyReader();
  for await (const chunk of object.body) reader.push(chunk);
  const content = { streamed: { key, bytes, startedAt: Date.now() } };
  const read = { bytes, sha256: digest, ...reader.end() };
  // It was masked before it was put here.
  return { contentType, body: { ...read, content, isMasked: true } };
}

/** The content of a body in quarantine for another owner: of a large one a copy. */
export async function copyQuarantined(bucket: R2Bucket, body: TakenBody): Promise<Content> {
  if ("held" in body.content) return body.content;
  const object = await bucket.get(body.content.streamed.key);
  if (object === null) throw new Error(`${body.content.streamed.key} is gone`);
  return uploadCopy(bucket, object);
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

/** How many bodies are in quarantine, up to 1,000. */
export async function countQuarantined(bucket: R2Bucket): Promise<number> {
  return (await bucket.list({ prefix: QUARANTINE_PREFIX })).objects.length;
}
