import { claimForJob, requestOfJob } from "../auth/job-credentials.ts";
import { catalogueExpectation } from "../catalogue/expectations.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { log, reasonOf } from "../lib/log.ts";
import { headCallback } from "../store/callbacks.ts";
import { markLive } from "../store/expectations.ts";
import type { Messages } from "./document.ts";
import { quarantineOrphans } from "./quarantine-messages.ts";
import type { Origin } from "./stream.ts";

/** Whether the messages of a request may be kept under the name by which they came, or whose they are. */
export type Claim = "mine" | "another-request" | "deleted" | { owner: string };

/**
 * Makes a request known as live, so that it is found by its id. The first Durable Object that does so
 * is its owner, also after the document was stored: its messages belong into one place. Throws when R2
 * does not answer; may be repeated.
 */
export async function claim(
  env: Env,
  { name, job }: Origin,
  requestId: RequestId,
  now: number,
): Promise<Claim> {
  if (job !== null) {
    const claimed = await claimForJob(env.TRANSCRIPTS, job, requestId);
    if (claimed !== "granted") return "another-request";
  }
  const record = await headCallback(env.TRANSCRIPTS, requestId);
  if (record?.state === "deleted") return "deleted";
  const expectation = await markLive(env.TRANSCRIPTS, requestId, name, now, job);
  if (record === null) {
    // A catalogue that is away stops no speech from being kept; at the end it is written again.
    await catalogueExpectation(env.CATALOGUE, expectation).catch((error) =>
      log("warn", "catalogue.unavailable", { request_id: requestId, reason: reasonOf(error) }),
    );
  }
  const owner = expectation.owner ?? requestId;
  return owner === name ? "mine" : { owner };
}

/**
 * The request of a stream in which no message has an id: that of its job. Without a job its messages
 * are put into quarantine, and it is null. Throws when that is not known yet.
 */
export async function requestOfNone(
  env: Env,
  { job }: Origin,
  messages: Pick<Messages, "select">,
): Promise<RequestId | null> {
  if (job === null) {
    await quarantineOrphans(env, messages);
    return null;
  }
  const requestId = await requestOfJob(env.TRANSCRIPTS, job, Date.now());
  if (requestId === null) throw new Error("the request of the job is not recorded yet");
  return requestId;
}
