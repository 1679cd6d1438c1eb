import * as z from "zod";
import type { RequestId } from "../deepgram/request-id.ts";
import type { Names } from "../transcript/formats/voice-names.ts";
import { namesKey } from "./keys.ts";

/** What is kept of names. */
export const keptNames = z.record(z.string(), z.string());

/** The names of the voices of a transcript. Throws when R2 does not answer. */
export async function readNames(bucket: R2Bucket, id: RequestId): Promise<Names> {
  const object = await bucket.get(namesKey(id));
  return new Map(object === null ? [] : Object.entries(keptNames.parse(await object.json())));
}
