import type { Effect } from "../config/effect.ts";
import type { Facts } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { headCallback } from "../store/callbacks.ts";
import { type Expectation, readExpectation } from "../store/expectations.ts";
import { factsOf } from "../store/facts.ts";
import type { CallbackRecord } from "../store/record.ts";

/** What an effect is about: a stored callback, or one that has not come. */
export type Subject =
  | { is: "stored"; requestId: RequestId; record: CallbackRecord; facts: Facts }
  | { is: "missing"; requestId: RequestId; expectation: Expectation };

/** Null when there is nothing left that the effect could be about. Throws when R2 does not answer. */
export async function subjectOf(
  bucket: R2Bucket,
  requestId: RequestId,
  effect: Effect,
): Promise<Subject | null> {
  const record = await headCallback(bucket, requestId);
  if (record?.state === "deleted") return null;
  // Notify that it was overdue even if it has arrived since.
  const isOverdue = "event" in effect && effect.event === "transcript.overdue";
  if (record !== null && !isOverdue) {
    return { is: "stored", requestId, record, facts: await factsOf(bucket, record) };
  }
  const expectation = await readExpectation(bucket, requestId);
  return expectation && { is: "missing", requestId, expectation };
}
