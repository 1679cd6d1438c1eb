import { problem, problemResponse, storageUnavailable } from "../http/problem.ts";
import { hex } from "../lib/digest.ts";
import { log, reasonOf } from "../lib/log.ts";
import {
  type Claim,
  claimSubmission,
  recordAudioSent,
  releaseSubmission,
  requestFingerprint,
  storeAnswer,
  submissionName,
} from "../store/submissions.ts";
import {
  recordExpected,
  type Submitted,
  type Submitting,
  submit,
  unanswered,
} from "./submission.ts";

export const MAX_KEY_CHARS = 255;

/** Submits under an `Idempotency-Key` of one token, or answers as the submission under it was answered. */
export async function submitOnce(
  submitting: Submitting,
  request: Request,
  tokenId: string,
  key: string,
): Promise<Submitted> {
  if (key.length > MAX_KEY_CHARS)
    throw problem(400, "invalid_idempotency_key", "The Idempotency-Key is too long.");
  const { env, body, job } = submitting;
  const bucket = env.TRANSCRIPTS;
  const name = await submissionName(tokenId, key);
  const json = typeof body === "string" ? body : null;
  const own = {
    job,
    request: await requestFingerprint(request, json),
    hasAudio: body instanceof ReadableStream,
  };
  const claim = await claimSubmission(bucket, name, own, Date.now()).catch(storageUnavailable);
  if (claim.state !== "mine") {
    return { response: await repeated(submitting, claim), isRefused: false };
  }
  let audioSha256: string | null = null;
  const beforeLastPart = async (digest: string) => {
    await recordAudioSent(bucket, name, job, digest);
    audioSha256 = digest;
  };
  const { response, isRefused } = await submit(submitting, beforeLastPart).catch(async (error) => {
    await releaseSubmission(bucket, name);
    throw error;
  });
  const { status, headers } = response;
  const answer = await response.text();
  const kept = isRefused
    ? releaseSubmission(bucket, name)
    : storeAnswer(bucket, name, { status, body: answer, audioSha256 });
  await kept.catch((error) => log("error", "idempotency.lost", { reason: reasonOf(error) }));
  return { response: new Response(answer, { status, headers }), isRefused };
}

/** The answer to a request whose key was used before. Nothing is submitted. */
async function repeated(
  submitting: Submitting,
  claim: Exclude<Claim, { state: "mine" }>,
): Promise<Response> {
  if (claim.state === "running") {
    return problemResponse(
      409,
      "submission_in_progress",
      "A submission with this Idempotency-Key is under way.",
      {
        headers: { "retry-after": "5" },
      },
    );
  }
  if (claim.state === "other-request" || !(await isSameAudio(submitting.body, claim.audioSha256))) {
    return problemResponse(
      422,
      "idempotency_key_reused",
      "This Idempotency-Key was used with another request: take a new one.",
    );
  }
  if (claim.state === "abandoned") return abandoned(submitting, claim);
  const type = claim.status < 400 ? "application/json" : "application/problem+json";
  return new Response(claim.body, {
    status: claim.status,
    headers: { "content-type": type, "idempotency-replayed": "true", "cache-control": "no-store" },
  });
}

/** Audio is known once it has streamed through; what is not known to differ is taken for the same. */
async function isSameAudio(body: Submitting["body"], audioSha256: string | null): Promise<boolean> {
  if (audioSha256 === null || !(body instanceof ReadableStream)) return true;
  const digest = new crypto.DigestStream("SHA-256");
  await body.pipeTo(digest);
  return hex(await digest.digest) === audioSha256;
}

/** Answers for a Worker that died: with the id of its job, or as for an answer that was lost. */
async function abandoned(
  submitting: Submitting,
  { job, requestId, audioSha256 }: Extract<Claim, { state: "abandoned" }>,
): Promise<Response> {
  const own = { ...submitting, job };
  if (requestId === null) return unanswered(own);
  await recordExpected(own, requestId, audioSha256);
  return Response.json(
    { request_id: requestId },
    { headers: { "idempotency-replayed": "true", "cache-control": "no-store" } },
  );
}
