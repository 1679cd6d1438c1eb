import * as z from "zod";
import { mayBeOfJob } from "../auth/job-credentials.ts";
import { effectName } from "../config/follow-ups.ts";
import type { Facts, Kind } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { type Policy, withinPolicy } from "../follow-ups/allowed-effects.ts";
import { plan, refusedProblem } from "../follow-ups/plan.ts";
import { json, shared, wrongParameter } from "../http/describe/answers.ts";
import { type Describe, requestIdParameter } from "../http/describe/operation.ts";
import { storageUnavailable } from "../http/problem.ts";
import { type Handler, query, type Route } from "../http/route.ts";
import { type LiveEnv, liveObjectOf } from "../live/deliver-message.ts";
import { listObjects } from "../store/bucket.ts";
import { headCallback } from "../store/callbacks.ts";
import { factsOf } from "../store/content.ts";
import { NO_DETAILS } from "../store/details.ts";
import { type Entry, isSettled, toEntry } from "../store/effect-entry.ts";
import { type Expectation, openExpectation } from "../store/expectations.ts";
import {
  attachmentsPrefix,
  callbackKey,
  effectKey,
  effectsPrefix,
  expectationKey,
  versionsPrefix,
} from "../store/keys.ts";
import { conflictsAmong } from "../store/rank.ts";
import { type CallbackRecord, resultKind, toRecord } from "../store/record.ts";
import { WAIT } from "./describe.ts";
import { requestIdOf, successorOf, superseded, unknownTranscript } from "./require-transcript.ts";
import {
  type followUpStatus,
  statusOfCallback,
  statusOfExpectation,
  statusOfLive,
  statusOfTombstone,
  type TranscriptStatus,
  transcriptStatus,
} from "./transcript-status.ts";
import { arrival, type Seen, wait } from "./wait.ts";

export const statusQuery = z.object({ wait });

/** `GET /v1/transcripts/{request_id}/status` */
const getStatus: Handler = async (c) => {
  const requestId = requestIdOf(c);
  const { wait } = query(statusQuery, c.req.query());
  const { TRANSCRIPTS } = c.env;
  await arrival(TRANSCRIPTS, requestId, wait, c.req.raw.signal);
  const known = await status(TRANSCRIPTS, requestId, c.var.config, c.env).catch(storageUnavailable);
  if (known === null) throw unknownTranscript();
  // What stood for a job alone has no more to tell than the request that this became.
  if (known.successor != null && mayBeOfJob(requestId)) {
    throw superseded(requestId, known.successor);
  }
  return c.json(known, 200, { "cache-control": "no-store" });
};

/**
 * All that is known of a request, in the words of the contract; null when nothing is. How far a live
 * one has come is only known where `live` is given. `seen` gets what tells whether it has changed, but for
 * follow-ups that are asked for or retried later.
 */
export async function status(
  bucket: R2Bucket,
  requestId: RequestId,
  policy: Policy,
  live?: LiveEnv,
  seen: Seen = new Map(),
): Promise<TranscriptStatus | null> {
  const record = await headCallback(bucket, requestId);
  seen.set(callbackKey(requestId), record?.etag ?? null);
  if (record === null) {
    const open = await openExpectation(bucket, requestId);
    seen.set(expectationKey(requestId), open?.etag ?? null);
    if (open === null) return null;
    const { expectation, details } = open;
    const progress = live && (await progressOf(live, expectation));
    if (progress) return statusOfLive(expectation, details, progress);
    // People were notified that it ended without a callback.
    const isOver = expectation.state === "overdue" || expectation.state === "failed";
    const { follow_ups } = isOver
      ? await attachmentsOf(bucket, requestId, null, seen)
      : NOTHING_BESIDE;
    const successor = await successorOf(bucket, expectation);
    if (successor === null && expectation.successor !== null) {
      for (const key of [callbackKey, expectationKey]) seen.set(key(expectation.successor), null);
    }
    return { ...statusOfExpectation({ ...expectation, successor }, details), follow_ups };
  }
  if (record.state === "deleted") return statusOfTombstone(record);
  const facts = await factsOf(bucket, record);
  const open = await openExpectation(bucket, requestId);
  const warnings = [...facts.warnings, ...audioWarnings(facts, open?.expectation ?? null)];
  const { effects } = plan(resultKind(record), facts.extra, policy.followUps);
  for (const effect of effects) seen.set(effectKey(requestId, effectName(effect)), null);
  const beside = await attachmentsOf(bucket, requestId, record, seen);
  const follow_up_problems = followUpProblems(resultKind(record), facts, beside.follow_ups, policy);
  return statusOfCallback(record, { ...facts, warnings }, open?.details ?? NO_DETAILS, {
    ...beside,
    follow_up_problems,
  });
}

/** What the request asked for in its `extra` that cannot or may not be done. */
function followUpProblems(
  kind: Kind | null,
  { extra }: Facts,
  followUps: TranscriptStatus["follow_ups"],
  policy: Policy,
): string[] {
  const { effects, problems } = plan(kind, extra, { translate: [], notify: [] });
  const asked = followUps.flatMap(({ name }) => /^translate:(.+)$/.exec(name)?.[1] ?? []);
  return [...problems, ...withinPolicy(effects, policy, asked).refused.map(refusedProblem)];
}

/** Null for a request that is not live. */
async function progressOf(env: LiveEnv, expectation: Expectation | null) {
  return expectation?.state === "live" ? liveObjectOf(env, expectation).progress() : null;
}

/** The audio that passed through us is not what Deepgram says it transcribed. */
function audioWarnings({ audio_sha256 }: Facts, expectation: Expectation | null): unknown[] {
  const sent = expectation?.audioSha256 ?? null;
  if (sent === null || audio_sha256 === null || sent === audio_sha256) return [];
  const message = "The audio that was submitted here is not the audio that Deepgram transcribed.";
  return [{ type: "audio_mismatch", message, submitted: sent, transcribed: audio_sha256 }];
}

const NOTHING_BESIDE = { follow_ups: [] };

async function attachmentsOf(
  bucket: R2Bucket,
  id: RequestId,
  current: CallbackRecord | null,
  seen: Seen,
) {
  const found: Pick<TranscriptStatus, "conflicts" | "follow_ups"> = {
    conflicts: [],
    follow_ups: [],
  };
  const versions: CallbackRecord[] = [];
  for await (const object of listObjects(bucket, attachmentsPrefix(id))) {
    if (object.key.startsWith(versionsPrefix(id))) {
      const version = toRecord(id, object);
      if (version.state !== "deleted") versions.push(version);
    } else if (object.key.startsWith(effectsPrefix(id))) {
      const entry = toEntry(object);
      if (entry !== null && isSettled(entry)) seen.delete(object.key);
      else seen.set(object.key, object.etag);
      const name = object.key.slice(effectsPrefix(id).length);
      found.follow_ups.push(entry === null ? unknownFollowUp(name, object) : followUpOf(entry));
    }
  }
  found.conflicts = conflictsAmong(current, versions).map(
    ({ sha256, state, receivedAt, bytes }) => ({ sha256, state, received_at: receivedAt, bytes }),
  );
  return found;
}

/** One that a newer version wrote, as after a rollback. */
const unknownFollowUp = (name: string, { uploaded }: R2Object) => ({
  name,
  state: "unknown" as const,
  attempts: 0,
  last_error: null,
  updated_at: uploaded.toISOString(),
});

/** One follow-up as the status shows it. */
export const followUpOf = ({
  effect,
  state,
  attempts,
  progress,
  lastError,
  messageId,
  updatedAt,
}: Entry): z.infer<typeof followUpStatus> & Pick<Entry, "state"> => ({
  name: effectName(effect),
  state,
  attempts,
  ...(progress !== undefined && { progress }),
  last_error: lastError || null,
  ...(messageId !== undefined && { message_id: messageId }),
  updated_at: updatedAt,
});

export const statusRoute: Route = {
  method: "GET",
  path: "/v1/transcripts/:request_id/status",
  scope: "read",
  query: [statusQuery],
  handle: getStatus,
};

export const statusOperation: Describe = (examples) => ({
  route: statusRoute,
  tag: "Reading",
  operationId: "getTranscriptStatus",
  summary: "Read the status of a transcript",
  description:
    "All that is known of a request, in every state; what is not known is null or empty. `expected_at`, `deadline_at` and `predecessor`, the request whose place this one has taken, are there until the callback is; `successor` is the request that has taken the place of this one. The id that was given out for a job leads to the request that it became as soon as that is known.",
  params: requestIdParameter(examples.requestId),
  query: { wait: WAIT },
  responses: {
    200: json(transcriptStatus, "The status.", {
      examples: {
        received: { summary: "Received", value: examples.status },
        expected: { summary: "Expected", value: examples.expected },
        submittedAgain: { summary: "Overdue, and submitted again", value: examples.superseded },
      },
    }),
    307: shared("Superseded"),
    400: wrongParameter("wait must be a number of seconds."),
    404: shared("UnknownTranscript"),
  },
});
