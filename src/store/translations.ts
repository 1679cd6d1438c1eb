import * as z from "zod";
import type { RequestId } from "../deepgram/request-id.ts";
import { headCallback } from "./callbacks.ts";
import { CREATE_ONLY } from "./create-only.ts";
import { translationKey, translationPrefix } from "./keys.ts";
import { listObjects } from "./list.ts";

const metadata = z.object({
  next: z.coerce.number(),
  last: z.enum(["true", "false"]).transform((text) => text === "true"),
});

/** A part of a translation: where in the transcript the next one begins, or that it is the last. */
export type TranslationPart = { key: string; next: number; last: boolean };

/** The parts of a translation in order. */
export async function listTranslation(
  bucket: R2Bucket,
  id: RequestId,
  language: string,
): Promise<TranslationPart[]> {
  const objects = await Array.fromAsync(listObjects(bucket, translationPrefix(id, language)));
  return objects.map(({ key, customMetadata }) => ({ key, ...metadata.parse(customMetadata) }));
}

/** Keeps the next part of a translation, in the form of `.jsonl`. What another one has kept stays. */
export async function putTranslation(
  bucket: R2Bucket,
  id: RequestId,
  { language, part, lines }: { language: string; part: number; lines: string },
  { next, last }: Omit<TranslationPart, "key">,
): Promise<void> {
  const key = translationKey(id, language, part);
  await bucket.put(key, lines, {
    onlyIf: CREATE_ONLY,
    httpMetadata: { contentType: "application/jsonl" },
    customMetadata: { next: String(next), last: String(last) },
  });
  // A deletion meanwhile has not seen it.
  if ((await headCallback(bucket, id))?.state === "deleted") await bucket.delete(key);
}
