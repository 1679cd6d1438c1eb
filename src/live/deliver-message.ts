import { type Job, jobKind } from "../auth/job-credentials.ts";
import { type Placement, placedObject } from "../config/config.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { type Expectation, readExpectation } from "../store/expectations.ts";
import type { Taken } from "./live-request.ts";
import type { Origin } from "./stream.ts";

/** What it takes to reach the Durable Objects of live requests. */
export type LiveEnv = Pick<Env, "LIVE"> & Placement;

/** The Durable Object of a live request, or of a name of its own. */
export const liveObject = (env: LiveEnv, name: string) => placedObject(env.LIVE, env, name);

/** The Durable Object that takes the messages of a live request. */
export const liveObjectOf = (
  env: LiveEnv,
  { owner, requestId }: Pick<Expectation, "owner" | "requestId">,
) => liveObject(env, owner ?? requestId);

/** A message of streaming audio as a POST has brought it. */
type Message = {
  /** With `callback_secret` masked. */
  text: string;
  requestId: RequestId | null;
  job: Job | null;
  /** Whether the credential was for the one job alone. */
  isJobAlone: boolean;
};

/**
 * Delivers a message to the Durable Object of its request: that of its job, or that of its id. Once it
 * is `taken`, a final is durable. Null when it belongs to no request. Throws when it cannot be stored.
 */
export async function deliverMessage(
  env: LiveEnv,
  { text, requestId, job, isJobAlone }: Message,
): Promise<Taken | null> {
  const take = (origin: Origin) => liveObject(env, origin.name).take(origin, text);
  if (job !== null && jobKind(job) !== null) {
    const taken = await take({ name: job, job });
    if (taken !== "another-request" || isJobAlone) return taken;
  }
  return requestId === null ? null : take({ name: requestId, job: null });
}

/** Appends a body to the messages of a live request; false when it is not live. */
export async function appendIfLive(
  env: LiveEnv & Pick<Env, "TRANSCRIPTS">,
  requestId: RequestId,
  text: string,
): Promise<boolean> {
  const expectation = await readExpectation(env.TRANSCRIPTS, requestId);
  if (expectation?.state !== "live" || expectation.owner === null) return false;
  const origin = { name: expectation.owner, job: null };
  return (await liveObjectOf(env, expectation).take(origin, text)) === "taken";
}
