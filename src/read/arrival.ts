import * as z from "zod";
import { mayBeOfJob } from "../auth/job.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { storageUnavailable } from "../http/problem.ts";
import { headCallback } from "../store/callbacks.ts";
import { readExpectation } from "../store/expectations.ts";
import { successorOf } from "./require-transcript.ts";

/** R2 is asked no more often; what has arrived is seen after this time at the latest. */
const POLL_MS = 1_000;

/**
 * Resolves when something is stored for a request, be it a deletion, when the request is known that a
 * job became, after `maxSeconds`, or when the client is gone. Throws the answer when R2 does not answer.
 */
export async function arrival(
  bucket: R2Bucket,
  requestId: RequestId,
  maxSeconds: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + maxSeconds * 1_000;
  for (;;) {
    const msLeft = deadline - Date.now();
    if (msLeft <= 0 || signal.aborted) return;
    if (await hasArrived(bucket, requestId).catch(storageUnavailable)) return;
    await scheduler.wait(Math.min(POLL_MS, msLeft), { signal }).catch(() => {});
  }
}

async function hasArrived(bucket: R2Bucket, requestId: RequestId): Promise<boolean> {
  if ((await headCallback(bucket, requestId)) !== null) return true;
  if (!mayBeOfJob(requestId)) return false;
  const expectation = await readExpectation(bucket, requestId);
  return expectation !== null && (await successorOf(bucket, expectation)) !== null;
}

const MAX_WAIT_SECONDS = 60;

/** `wait`: seconds for which an answer may be held back until the transcript is there. */
export const wait = z
  .string()
  .regex(/^\d+(\.\d+)?$/, "must be a number of seconds")
  .transform(Number)
  .pipe(z.number().min(0).max(MAX_WAIT_SECONDS, `must be at most ${MAX_WAIT_SECONDS}`))
  .default(0);
