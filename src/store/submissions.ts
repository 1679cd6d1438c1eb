import * as z from "zod";
import { type RequestId, requestId } from "../deepgram/request-id.ts";
import { CREATE_ONLY } from "./create-only.ts";
import { submissionKey } from "./keys.ts";
import { conditionalPut } from "./retry-writes.ts";

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
