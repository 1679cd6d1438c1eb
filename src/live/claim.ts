import { catalogueExpectation } from "../catalogue/expectations.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { claimForJob } from "../jobs/request-of-job.ts";
import { log, reasonOf } from "../log.ts";
import { headCallback } from "../store/callbacks.ts";
import { goLive } from "../store/expectations.ts";
import type { Origin } from "./stream-state.ts";

/** Whether the messages of a request may be kept under the name by which they came. */
export type Claim = "mine" | "another-request" | "deleted";

/**
 * Makes a request known as live, so that it is found by its id. One whose callback is there stays as
 * it is. Throws when R2 does not answer; may be repeated.
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
  if (record !== null) return record.state === "deleted" ? "deleted" : "mine";
  const expectation = await goLive(env.TRANSCRIPTS, requestId, name, now, job);
  // A catalogue that is away stops no speech from being kept; at the end it is written again.
  await catalogueExpectation(env.CATALOGUE, expectation).catch((error) =>
    log("warn", "catalogue.unavailable", { request_id: requestId, reason: reasonOf(error) }),
  );
  return "mine";
}
