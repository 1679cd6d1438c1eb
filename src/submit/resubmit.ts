import { ownerTagOf } from "../auth/job-credentials.ts";
import { catalogueReplaced } from "../catalogue/expectations.ts";
import type { Config } from "../config/config.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { log, reasonOf } from "../lib/log.ts";
import { headCallback } from "../store/callbacks.ts";
import {
  linkExpectation,
  type OpenExpectation,
  openExpectation,
  type Source,
} from "../store/expectations.ts";
import {
  bindJob,
  boundRequest,
  claimResubmission,
  type Resubmitter,
  readResubmissionClaim,
  releaseResubmission,
} from "../store/submissions.ts";
import { createCallbackUrl, expectCallback } from "./expect-callback.ts";
import { ANSWER_TIMEOUT_MS, acceptedRequest, forward } from "./submission.ts";

/**
 * What became of it. `claimed`: it was submitted again before, or others are about it. `unclear`:
 * nobody knows whether Deepgram has taken it.
 */
type Resubmitted =
  | { outcome: "submitted"; requestId: RequestId }
  /** Deepgram's status code. */
  | { outcome: "refused"; status: number }
  | { outcome: "unconfigured" | "claimed" | "unclear" };

/**
 * Submits the audio of an overdue request once more, for the token that it is of, and links both.
 * Never twice under one claim: after a crash between the claim and the submission a person must decide.
 */
export async function resubmit(
  env: Env,
  config: Config,
  {
    expectation,
    source,
    details,
  }: Pick<OpenExpectation, "expectation" | "details"> & {
    source: Source;
  },
  by: Resubmitter = "deadline",
): Promise<Resubmitted> {
  const { requestId: overdue, tokenId } = expectation;
  const created = await createCallbackUrl(config, "s", await ownerTagOf(expectation), Date.now());
  if (created === null || config.deepgram.apiKey === "") return { outcome: "unconfigured" };
  if (!(await claimResubmission(env.TRANSCRIPTS, overdue, by, created.job))) {
    await endLink(env, overdue, by);
    return { outcome: "claimed" };
  }
  const forwarded = await forward(config.deepgram, {
    query: new URLSearchParams(source.query),
    callback: created.callback,
    headers: new Headers({ "content-type": "application/json" }),
    body: JSON.stringify({ url: source.url }),
  });
  const answer = forwarded.answered ? await forwarded.response.text().catch(() => "") : "";
  const requestId = acceptedRequest(answer);
  if (!forwarded.answered || !forwarded.response.ok || requestId === null) {
    log("error", "resubmission.failed", { request_id: overdue });
    const refused = refusal(forwarded);
    return refused === null ? { outcome: "unclear" } : { outcome: "refused", status: refused };
  }
  const expected = {
    requestId,
    job: created.job,
    tokenId,
    deadlineSeconds: config.callbackDeadlineSeconds,
    predecessor: overdue,
    source,
    details,
  };
  await bindJob(env.TRANSCRIPTS, created.job, requestId);
  await expectCallback(env, expected, Date.now());
  await link(env, overdue, requestId);
  log("info", "resubmitted", { request_id: requestId, predecessor: overdue });
  return { outcome: "submitted", requestId };
}

/** A consumer may have died after claiming a request and before linking it to its replacement. */
async function endLink(env: Env, overdue: RequestId, by: Resubmitter): Promise<void> {
  const job = (await readResubmissionClaim(env.TRANSCRIPTS, overdue, by))?.job ?? null;
  const successor = job === null ? null : await boundRequest(env.TRANSCRIPTS, job);
  if (successor !== null) await link(env, overdue, successor);
}

async function link(env: Env, overdue: RequestId, successor: RequestId): Promise<void> {
  await linkExpectation(env.TRANSCRIPTS, overdue, successor);
  // Should this be lost, it is an alarm for a day.
  await catalogueReplaced(env.CATALOGUE, overdue).catch((error) =>
    log("warn", "catalogue.unavailable", { request_id: overdue, reason: reasonOf(error) }),
  );
}

/** The status by which it is certain that nothing was taken; null without one. */
function refusal(forwarded: Awaited<ReturnType<typeof forward>>): number | null {
  if (!forwarded.answered) return null;
  const { status } = forwarded.response;
  return status >= 400 && status < 500 && status !== 408 ? status : null;
}

/**
 * The same because a person asks for it: once more than it is done without one, and again after a
 * refusal. `not-overdue`: it has come, or may still. `no-source`: what was submitted was not given by
 * its URL. Throws when R2 does not answer.
 */
export async function resubmitByPerson(
  env: Env,
  config: Config,
  id: RequestId,
): Promise<Resubmitted | { outcome: "not-overdue" | "no-source" }> {
  const bucket = env.TRANSCRIPTS;
  const open = await openExpectation(bucket, id);
  if (open?.expectation.state !== "overdue" || (await headCallback(bucket, id)) !== null) {
    return { outcome: "not-overdue" };
  }
  if (open.expectation.successor !== null) return { outcome: "claimed" };
  if (open.source === null) return { outcome: "no-source" };
  // Done without a person, it may still wait for Deepgram's answer.
  const claim = await readResubmissionClaim(bucket, id, "deadline");
  const age = claim === null ? Infinity : Date.now() - claim.claimedAt.getTime();
  if (age < ANSWER_TIMEOUT_MS) return { outcome: "claimed" };
  const resubmitted = await resubmit(env, config, { ...open, source: open.source }, "person");
  if (resubmitted.outcome === "refused") await releaseResubmission(bucket, id, "person");
  return resubmitted;
}
