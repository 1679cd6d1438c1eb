import * as z from "zod";
import type { RequestId } from "../deepgram/request-id.ts";
import { CREATE_ONLY } from "./create-only.ts";
import { askedLanguagesKey } from "./keys.ts";
import { retryWrites } from "./retry-writes.ts";

/** The languages asked for one request, and the etag to add others by; null before the first. */
export type AskedLanguages = { languages: string[]; etag: string | null };

const stored = z.array(z.string());

/** Throws when R2 does not answer. */
export async function readAskedLanguages(bucket: R2Bucket, id: RequestId): Promise<AskedLanguages> {
  const object = await bucket.get(askedLanguagesKey(id));
  if (object === null) return { languages: [], etag: null };
  return { languages: stored.parse(await object.json()), etag: object.etag };
}

/** Adds languages. False when others were added since `asked` was read. */
export async function addAskedLanguages(
  bucket: R2Bucket,
  id: RequestId,
  { languages, etag }: AskedLanguages,
  more: readonly string[],
): Promise<boolean> {
  const body = JSON.stringify([...languages, ...more]);
  const onlyIf = etag === null ? CREATE_ONLY : { etagMatches: etag };
  const options = { onlyIf, httpMetadata: { contentType: "application/json" } };
  return (await retryWrites(() => bucket.put(askedLanguagesKey(id), body, options))) !== null;
}
