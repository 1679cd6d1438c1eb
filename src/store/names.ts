import * as z from "zod";
import type { RequestId } from "../deepgram/request-id.ts";
import type { Names } from "../transcript/formats/speakers.ts";
import { labelText } from "../transcript/segments/clean-text.ts";
import { namesKey } from "./keys.ts";
import { CREATE_ONLY, conditionalPut, retryRateLimited } from "./retry-writes.ts";

export const MAX_NAME_CHARS = 80;
export const MAX_NAMES = 500;

/** `{channel}:{speaker}`, the speaker empty without diarization. */
export const SPEAKER_KEY = /^\d{1,6}:\d{0,6}$/;

const TRIES = 3;

const keptNames = z.record(z.string(), z.string());

/** The names of the speakers of a transcript. Throws when R2 does not answer. */
export const readNames = async (bucket: R2Bucket, id: RequestId): Promise<Names> =>
  (await openNames(bucket, id)).names;

/** The same with the etag of their object, without quotes; null where there is none. */
export async function openNames(
  bucket: R2Bucket,
  id: RequestId,
): Promise<{ names: Map<string, string>; etag: string | null }> {
  const object = await bucket.get(namesKey(id));
  const names = object === null ? {} : keptNames.parse(await object.json());
  return { names: new Map(Object.entries(names)), etag: object?.etag ?? null };
}

/**
 * Replaces all names. `replaced` is the etag of those that are to be replaced, null where there are none
 * yet; without it any are. Gives the etag of the new ones; null when others have written meanwhile.
 * Throws when R2 does not answer.
 */
export async function replaceNames(
  bucket: R2Bucket,
  id: RequestId,
  names: Names,
  replaced?: string | null,
): Promise<string | null> {
  const key = namesKey(id);
  const text = JSON.stringify(Object.fromEntries(names));
  const httpMetadata = { contentType: "application/json" };
  if (replaced === undefined) {
    return (await retryRateLimited(() => bucket.put(key, text, { httpMetadata })))?.etag ?? null;
  }
  const onlyIf = replaced === null ? CREATE_ONLY : { etagMatches: replaced };
  const put = () => bucket.put(key, text, { onlyIf, httpMetadata });
  return (await conditionalPut(bucket, key, onlyIf, put))?.etag ?? null;
}

/**
 * Names speakers, the others keeping theirs; an empty name takes it away. Names are cut to 80
 * characters. Throws when R2 does not answer, or others keep writing.
 */
export async function changeNames(bucket: R2Bucket, id: RequestId, changes: Names): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const { names, etag } = await openNames(bucket, id);
    for (const [key, name] of changes) {
      const shown = labelText([...name].slice(0, MAX_NAME_CHARS).join(""));
      if (shown === "" || !SPEAKER_KEY.test(key)) names.delete(key);
      else if (names.has(key) || names.size < MAX_NAMES) names.set(key, shown);
    }
    if ((await replaceNames(bucket, id, names, etag)) !== null) return;
  }
  throw new Error("the names are being written by others");
}
