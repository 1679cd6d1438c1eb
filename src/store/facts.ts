import { createBodyReader } from "../deepgram/body-reader.ts";
import { type Facts, failedCallback, identify } from "../deepgram/callback.ts";
import { requireBody } from "./open-body.ts";
import type { CallbackRecord } from "./record.ts";

/** The facts of a stored callback, read from its body when they did not fit into the metadata. */
export async function factsOf(bucket: R2Bucket, record: CallbackRecord): Promise<Facts> {
  const { facts } = record;
  if (facts !== null) return facts;
  const object = await requireBody(bucket, record);
  const reader = createBodyReader();
  for await (const chunk of object.body) reader.push(chunk);
  const { json } = reader.end();
  const callback = identify(json);
  // A failure that came for a job has its id from there.
  return callback.ok ? callback.value.facts : failedCallback(record.requestId, json).facts;
}
