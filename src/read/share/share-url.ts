import { sign, verified } from "../../auth/signed.ts";
import { hasShare, type Share, share } from "../../store/shares.ts";

/** The address of a share: it can be made again and again, and is the same while the key is. */
export async function shareUrl(
  keys: readonly string[],
  publicUrl: string,
  { id, request_id, from, to, expires_at }: Share,
): Promise<string> {
  const signed = await sign(keys, "share", { id, request_id, from, to, expires_at });
  return `${publicUrl}/share/${signed}`;
}

/** The share of an address; null for one that was not signed here, has expired or was revoked. */
export async function openShare(
  bucket: R2Bucket,
  keys: readonly string[],
  signed: string,
): Promise<Share | null> {
  const { data } = share.safeParse(await verified(keys, "share", signed));
  if (data === undefined || Date.parse(data.expires_at) <= Date.now()) return null;
  return (await hasShare(bucket, data)) ? data : null;
}
