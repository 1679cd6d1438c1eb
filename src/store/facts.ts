import { createBodyReader } from "../deepgram/body-reader.ts";
import { type Facts, identify } from "../deepgram/callback.ts";
import type { CallbackRecord } from "./record.ts";

/** The facts of a stored callback, read from its body when they did not fit into the metadata. */
export async function factsOf(bucket: R2Bucket, record: CallbackRecord): Promise<Facts> {
  if (record.facts !== null) return record.facts;
  const object = await bucket.get(record.key);
  if (object === null) throw new Error(`${record.key} is gone`);
  const reader = createBodyReader();
  for await (const chunk of object.body) reader.push(chunk);
  const callback = identify(reader.end().json);
  if (!callback.ok) throw new Error(`${record.key} is ${callback.reason}`);
  return callback.value.facts;
}
