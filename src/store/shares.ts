import * as z from "zod";
import { requestId as anyRequestId, type RequestId } from "../deepgram/request-id.ts";
import { listObjects } from "./bucket.ts";
import { shareKey, sharesPrefix } from "./keys.ts";

const ID = /^[A-Za-z0-9_-]{16}$/;
const ID_BYTES = 12;

/** Seconds from the start of the audio; null does not narrow. */
const bound = z.number().nonnegative().nullable();

export const share = z.object({
  id: z.string().regex(ID),
  request_id: anyRequestId,
  from: bound,
  to: bound,
  /** ISO 8601, UTC. */
  expires_at: z.iso.datetime(),
});

/** A transcript, or a part of it, that anyone who has the link may read for a limited time. */
export type Share = z.infer<typeof share>;

const optionalBound = z.coerce
  .number()
  .optional()
  .transform((value) => value ?? null);

/** The custom metadata of a share. */
export const shareFacts = z.object({
  /** ISO 8601, UTC; absent in those from before it was kept. */
  created_at: z.iso.datetime().optional(),
  from: optionalBound,
  to: optionalBound,
  expires_at: z.iso.datetime(),
});

/** Keeps a new share. Throws when R2 refuses. */
export async function createShare(bucket: R2Bucket, wanted: Omit<Share, "id">): Promise<Share> {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  const id = bytes.toBase64({ alphabet: "base64url" });
  const { request_id, from, to, expires_at } = wanted;
  await bucket.put(shareKey(request_id, id), "", {
    customMetadata: {
      created_at: new Date().toISOString(),
      expires_at,
      ...(from !== null && { from: String(from) }),
      ...(to !== null && { to: String(to) }),
    },
  });
  return { id, ...wanted };
}

/** The shares of a transcript that neither have expired nor were revoked. */
export async function listShares(bucket: R2Bucket, requestId: RequestId): Promise<Share[]> {
  const prefix = sharesPrefix(requestId);
  const shares: Share[] = [];
  for await (const { key, customMetadata } of listObjects(bucket, prefix)) {
    const { created_at: _, ...found } = shareFacts.parse(customMetadata);
    if (Date.parse(found.expires_at) <= Date.now()) continue;
    shares.push({ id: key.slice(prefix.length), request_id: requestId, ...found });
  }
  return shares;
}

/** From now on the link opens nothing. False when there is no such share. */
export async function revokeShare(
  bucket: R2Bucket,
  requestId: RequestId,
  id: string,
): Promise<boolean> {
  if (!ID.test(id) || (await bucket.head(shareKey(requestId, id))) === null) return false;
  await bucket.delete(shareKey(requestId, id));
  return true;
}

/** Whether a share was neither revoked nor erased. */
export async function hasShare(bucket: R2Bucket, { request_id, id }: Share): Promise<boolean> {
  return (await bucket.head(shareKey(request_id, id))) !== null;
}
