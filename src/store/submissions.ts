import * as z from "zod";
import { type RequestId, requestId } from "../deepgram/request-id.ts";
import { personResubmissionKey, resubmissionKey, submissionKey } from "./keys.ts";
import { CREATE_ONLY, conditionalPut } from "./retry-writes.ts";

const metadata = z.object({ request_id: requestId });

/** Records for good which request a job became. The first record holds; it is returned. */
export async function bindJob(bucket: R2Bucket, job: string, id: RequestId): Promise<RequestId> {
  const key = submissionKey(job);
  const options = { onlyIf: CREATE_ONLY, customMetadata: { request_id: id } };
  const bound = await conditionalPut(bucket, key, CREATE_ONLY, () => bucket.put(key, "", options));
  return bound === null ? ((await boundRequest(bucket, job)) ?? id) : id;
}

/** The request that a job became, or null as long as that is not known. */
export async function boundRequest(bucket: R2Bucket, job: string): Promise<RequestId | null> {
  const object = await bucket.head(submissionKey(job));
  return object && metadata.parse(object.customMetadata).request_id;
}

/** Who submits an overdue request again: the deadline check, or a person. Each may do it once. */
export type Resubmitter = "deadline" | "person";

/** The claim of one resubmission: the job that it was made for, and when. */
type ResubmissionClaim = { job: string | null; claimedAt: Date };

const keyOf = (id: RequestId, by: Resubmitter): string =>
  by === "person" ? personResubmissionKey(id) : resubmissionKey(id);

/** Claims the one resubmission of a request; false when it was claimed before. Throws when R2 refuses. */
export async function claimResubmission(
  bucket: R2Bucket,
  id: RequestId,
  by: Resubmitter,
  job: string,
): Promise<boolean> {
  const key = keyOf(id, by);
  const claim = { onlyIf: CREATE_ONLY, customMetadata: { job } };
  const put = () => bucket.put(key, "", claim);
  return (await conditionalPut(bucket, key, CREATE_ONLY, put)) !== null;
}

/** The claim of a resubmission, or null. */
export async function readResubmissionClaim(
  bucket: R2Bucket,
  id: RequestId,
  by: Resubmitter,
): Promise<ResubmissionClaim | null> {
  const object = await bucket.head(keyOf(id, by));
  return object && { job: object.customMetadata?.job ?? null, claimedAt: object.uploaded };
}

/** Gives a claim back: Deepgram has certainly not accepted the submission. */
export async function releaseResubmission(
  bucket: R2Bucket,
  id: RequestId,
  by: Resubmitter,
): Promise<void> {
  await bucket.delete(keyOf(id, by));
}
