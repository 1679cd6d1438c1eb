import * as z from "zod";
import { type Content, contentStream } from "./content.ts";
import { CREATE_ONLY } from "./create-only.ts";
import { QUARANTINE_PREFIX, quarantineKey } from "./keys.ts";

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
  request_id: z.string().optional(),
});

/** Keeps a body once per digest. Throws when R2 refuses. */
export async function quarantine(
  bucket: R2Bucket,
  { digest, bytes: _, request_id, ...facts }: Quarantined,
  content: Content,
): Promise<void> {
  await bucket.put(quarantineKey(digest), await contentStream(bucket, content), {
    onlyIf: CREATE_ONLY,
    sha256: digest,
    customMetadata: { ...facts, ...(request_id !== undefined && { request_id }) },
  });
}

/** A page of what is in quarantine, by digest; `cursor` is the last digest of the page before. */
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
    bytes: size,
    ...metadata.parse(customMetadata),
  }));
  return { quarantine, next_cursor: page.truncated ? (quarantine.at(-1)?.digest ?? null) : null };
}
