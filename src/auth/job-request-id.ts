import { type RequestId, requestId } from "../deepgram/request-id.ts";
import { hex, sha256 } from "../lib/digest.ts";
import type { Job } from "./job.ts";

/**
 * The id under which a job is known as long as Deepgram's own is not: a UUID of version 8 (RFC 9562,
 * section 5.8) made of the job's name.
 */
export async function jobRequestId(job: Job): Promise<RequestId> {
  const digits = hex(await sha256(`job ${job}`));
  const [time, mid, rest, clock, node] = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(13, 16),
    digits.slice(17, 20),
    digits.slice(20, 32),
  ];
  return requestId.parse(`${time}-${mid}-8${rest}-8${clock}-${node}`);
}

/** Whether an id may be that of a job; Deepgram's own have been of other versions so far. */
export const mayBeOfJob = (id: RequestId): boolean => id[14] === "8";
