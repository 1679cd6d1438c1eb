import type { RequestId } from "../deepgram/request-id.ts";
import { headCallback } from "../store/callbacks.ts";
import { type Expectation, readExpectation } from "../store/expectations.ts";

/**
 * The request that has taken the place of an expected one, as soon as anything is known of it: a job is
 * bound to its request before the callback of that is stored. Null until then. At most two R2 operations.
 */
export async function successorOf(
  bucket: R2Bucket,
  { requestId, successor }: Expectation,
): Promise<RequestId | null> {
  if (successor === null || successor === requestId) return null;
  if ((await headCallback(bucket, successor)) !== null) return successor;
  return (await readExpectation(bucket, successor)) === null ? null : successor;
}
