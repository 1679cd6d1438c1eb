import * as z from "zod";
import type { RequestId } from "../deepgram/request-id.ts";
import { readSegments } from "../transcript/formats/jsonl.ts";
import type { Segment } from "../transcript/segments/segment.ts";
import { CREATE_ONLY, conditionalPut, listObjects, retryWrites } from "./bucket.ts";
import { headCallback } from "./callbacks.ts";
import {
  askedLanguagesKey,
  bodyTranslationPrefix,
  translationKey,
  translationPrefix,
} from "./keys.ts";
import type { CallbackRecord } from "./record.ts";

const metadata = z.object({
  next: z.coerce.number(),
  last: z.enum(["true", "false"]).transform((text) => text === "true"),
});

/** A part of a translation: where in the transcript the next one begins, or that it is the last. */
export type TranslationPart = { key: string; next: number; last: boolean };

/** The body that is translated. */
type Translated = Pick<CallbackRecord, "requestId" | "sha256" | "succession">;

/** The parts of the translation of a body in order, and of no other one. */
export async function listTranslation(
  bucket: R2Bucket,
  body: Translated,
  language: string,
): Promise<TranslationPart[]> {
  const parts: TranslationPart[] = [];
  const all = translationPrefix(body.requestId, language);
  const own = bodyTranslationPrefix(body, language);
  // Parts from before their keys had a digest are of the first body.
  const isOwn = (key: string) =>
    key.startsWith(own) || (body.succession === null && !key.slice(all.length).includes("/"));
  for await (const { key, customMetadata } of listObjects(bucket, all)) {
    if (isOwn(key)) parts.push({ key, ...metadata.parse(customMetadata) });
  }
  return parts.sort((one, other) => (numberIn(one.key) < numberIn(other.key) ? -1 : 1));
}

const numberIn = (key: string): string => key.slice(key.lastIndexOf("/"));

/** Keeps the next part of a translation, in the form of `.jsonl`. What another one has kept stays. */
export async function putTranslation(
  bucket: R2Bucket,
  body: Translated,
  { language, part, lines }: { language: string; part: number; lines: string },
  { next, last }: Omit<TranslationPart, "key">,
): Promise<void> {
  const key = translationKey(body, language, part);
  await conditionalPut(bucket, key, CREATE_ONLY, () =>
    bucket.put(key, lines, {
      onlyIf: CREATE_ONLY,
      httpMetadata: { contentType: "application/jsonl" },
      customMetadata: { next: String(next), last: String(last) },
    }),
  );
  // A deletion meanwhile has not seen it.
  if ((await headCallback(bucket, body.requestId))?.state === "deleted") await bucket.delete(key);
}

/** The segments of a body's translation that has ended, part by part. Throws when R2 does not answer. */
export async function* translationSegments(
  bucket: R2Bucket,
  record: CallbackRecord,
  language: string,
): AsyncGenerator<Segment> {
  for (const { key } of await listTranslation(bucket, record, language)) {
    const part = await bucket.get(key);
    if (part === null) throw new Error(`${key} is gone`);
    yield* readSegments(part.body);
  }
}

/** The languages asked for one request, and the etag to add others by; null before the first. */
type AskedLanguages = { languages: string[]; etag: string | null };

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
