import * as z from "zod";
import { mayBeOfJob } from "../auth/job-credentials.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { storageUnavailable } from "../http/problem.ts";
import { etagOf } from "../store/bucket.ts";
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
  const isStored = async () => (await headCallback(bucket, requestId)) !== null;
  const hasBecome = async () => {
    const expectation = await readExpectation(bucket, requestId);
    return expectation !== null && (await successorOf(bucket, expectation)) !== null;
  };
  for (let tick = 0; ; tick++) {
    const msLeft = deadline - Date.now();
    if (msLeft <= 0 || signal.aborted) return;
    const isJob = mayBeOfJob(requestId);
    // One read a second: of a job it is looked for its own callback and for its request in turn.
    const looks = [
      ...(tick === 0 || !isJob || tick % 2 === 0 ? [isStored] : []),
      ...(isJob && (tick === 0 || tick % 2 === 1) ? [hasBecome] : []),
    ];
    for (const look of looks) if (await look().catch(storageUnavailable)) return;
    await scheduler.wait(Math.min(POLL_MS, msLeft), { signal }).catch(() => {});
  }
}

/** The etag of each object that a status was made of, or that would change it; null for one that is not there. */
export type Seen = Map<string, string | null>;

/**
 * Looks at one object after another, one a tick, that longest ago first, until the etag of one is not as it was `seen`. True then;
 * false after `ms`, or when the client is gone. Throws when R2 does not answer.
 */
export async function isChangedWithin(
  bucket: R2Bucket,
  seen: Seen,
  { ms, tickMs, signal }: { ms: number; tickMs: number; signal: AbortSignal },
): Promise<boolean> {
  const deadline = Date.now() + ms;
  for (;;) {
    const msLeft = deadline - Date.now();
    if (msLeft <= 0) return false;
    await scheduler.wait(Math.min(tickMs, msLeft), { signal }).catch(() => {});
    const [next] = seen;
    if (signal.aborted || next === undefined) return false;
    const [key, etag] = next;
    seen.delete(key);
    seen.set(key, etag);
    if ((await etagOf(bucket, key)) !== etag) return true;
  }
}

const MAX_WAIT_SECONDS = 60;

/** `wait`: seconds for which an answer may be held back until the transcript is there. */
export const wait = z
  .string()
  .regex(/^\d+(\.\d+)?$/, "must be a number of seconds")
  .transform(Number)
  .pipe(z.number().min(0).max(MAX_WAIT_SECONDS, `must be at most ${MAX_WAIT_SECONDS}`))
  .default(0);
