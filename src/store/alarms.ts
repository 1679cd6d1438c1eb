import { parseJson } from "../lib/bytes.ts";
import { ALARMS_KEY } from "./keys.ts";

/** The states of the alarms as they were stored; undefined before the first, or where the object is not JSON. */
export async function readAlarms(bucket: R2Bucket): Promise<unknown> {
  const object = await bucket.get(ALARMS_KEY);
  return object === null ? undefined : parseJson(await object.text());
}

/** Stores the states of the alarms. Throws when R2 refuses. */
export async function writeAlarms(bucket: R2Bucket, states: object): Promise<void> {
  await bucket.put(ALARMS_KEY, JSON.stringify(states));
}

/** Asks R2 for something small. Throws when R2 does not answer. */
export async function probe(bucket: R2Bucket): Promise<void> {
  await bucket.head(ALARMS_KEY);
}
