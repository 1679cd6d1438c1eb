import { parseJson } from "../lib/bytes.ts";
import { ALARMS_KEY, DATABASE_FULL_KEY } from "./keys.ts";

/** The states of the alarms as they were stored; undefined before the first, or where the object is not JSON. */
export async function readAlarms(bucket: R2Bucket): Promise<unknown> {
  const object = await bucket.get(ALARMS_KEY);
  return object === null ? undefined : parseJson(await object.text());
}

/** Stores the states of the alarms. Throws when R2 refuses. */
export async function writeAlarms(bucket: R2Bucket, states: object): Promise<void> {
  await bucket.put(ALARMS_KEY, JSON.stringify(states));
}

/** Notes that D1 is full, for the cron to find. Throws when R2 refuses. */
export async function noteDatabaseFull(bucket: R2Bucket): Promise<void> {
  await bucket.put(DATABASE_FULL_KEY, "");
}

/** When D1 was last found to be full; null when it never was. Throws when R2 does not answer. */
export async function databaseFullAt(bucket: R2Bucket): Promise<Date | null> {
  return (await bucket.head(DATABASE_FULL_KEY))?.uploaded ?? null;
}

/** Asks R2 for something small. Throws when R2 does not answer. */
export async function probe(bucket: R2Bucket): Promise<void> {
  await bucket.head(ALARMS_KEY);
}
