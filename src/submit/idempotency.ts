import * as z from "zod";
import { hex, sha256 } from "../digest.ts";
import { CREATE_ONLY } from "../store/create-only.ts";
import { IDEMPOTENCY_PREFIX, idempotencyKey } from "../store/keys.ts";
import { removeOld } from "../store/remove.ts";

/** A submission that was made under an `Idempotency-Key`, or is being made. */
export type Earlier = { state: "running" } | { state: "answered"; status: number; body: string };

const metadata = z.object({ status: z.coerce.number() });

/** A key holds for a day. */
const MAX_AGE_MS = 86_400_000;

/** Keys of one caller are not those of another. */
export const submissionName = async (caller: string, key: string): Promise<string> =>
  hex(await sha256(`${caller} ${key}`));

/** Takes a key for one submission, or tells what was made under it. Throws when R2 does not answer. */
export async function claimSubmission(bucket: R2Bucket, name: string): Promise<Earlier | "mine"> {
  const key = idempotencyKey(name);
  const claimed = await bucket.put(`${key}/claim`, "", { onlyIf: CREATE_ONLY });
  if (claimed !== null) return "mine";
  const answer = await bucket.get(`${key}/answer`);
  if (answer === null) return { state: "running" };
  const { status } = metadata.parse(answer.customMetadata);
  return { state: "answered", status, body: await answer.text() };
}

/** Keeps the answer for those who ask again. */
export async function keepAnswer(
  bucket: R2Bucket,
  name: string,
  answer: { status: number; body: string },
): Promise<void> {
  await bucket.put(`${idempotencyKey(name)}/answer`, answer.body, {
    customMetadata: { status: String(answer.status) },
  });
}

/** Gives a key back under which nothing was submitted. */
export async function releaseSubmission(bucket: R2Bucket, name: string): Promise<void> {
  await bucket.delete(`${idempotencyKey(name)}/claim`);
}

/** Removes keys that are older than a day; gives the number of objects. */
export function cleanIdempotency(bucket: R2Bucket, now: number): Promise<number> {
  return removeOld(bucket, IDEMPOTENCY_PREFIX, MAX_AGE_MS, now);
}
