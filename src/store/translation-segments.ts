import { readSegments } from "../transcript/segments/read-segments.ts";
import type { Segment } from "../transcript/segments/segment.ts";
import type { CallbackRecord } from "./record.ts";
import { listTranslation } from "./translations.ts";

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
