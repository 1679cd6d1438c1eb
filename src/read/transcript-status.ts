import * as z from "zod";
import { deepgramErrorShape, type Facts, KINDS } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { documentOnly } from "../lib/docs-only-schema.ts";
import type { LiveProgress } from "../live/stream.ts";
import { type Details, tagsIn, titleIn } from "../store/details.ts";
import { EFFECT_STATES } from "../store/effect-entry.ts";
import type { Expectation } from "../store/expectations.ts";
import { type CallbackRecord, resultKind, type Tombstone } from "../store/record.ts";
import { STATES } from "../store/request-states.ts";

const time = z.iso.datetime();

/** Another body of the same request: read it with `?version={sha256}`. */
export const conflict = /* @__PURE__ */ documentOnly(() =>
  z
    .object({
      sha256: z.string(),
      state: z.enum(["received", "failed"]),
      received_at: time,
      bytes: z.int(),
    })
    .meta({ id: "Conflict" }),
);

export const followUpStatus = /* @__PURE__ */ documentOnly(() =>
  z
    .object({
      name: z.string(),
      state: z
        .enum([...EFFECT_STATES, "unknown"])
        .describe("`unknown` where a newer version of the Worker wrote it."),
      attempts: z.int(),
      progress: z.number().optional().describe("From 0 to 1, where it is done in parts."),
      last_error: z.string().nullable(),
      message_id: z
        .string()
        .optional()
        .describe("The provider's own id of the e-mail or SMS it took last, such as Twilio's SID."),
      updated_at: time,
    })
    .meta({ id: "FollowUp" }),
);

/** All that is known of a request; what is not known, or not yet, is null or empty. */
export const transcriptStatus = /* @__PURE__ */ documentOnly(() =>
  z
    .object({
      request_id: z.string(),
      state: z.enum(STATES),
      kind: z
        .enum(KINDS)
        .nullable()
        .describe(
          "`text` is a result of `/v1/read`; null while there is no result, and of a failure.",
        ),
      title: z
        .string()
        .nullable()
        .describe(
          "What a person gave it, else `title` of the callback's `extra`, else that of the submission or registration.",
        ),
      received_at: time.nullable(),
      bytes: z.int().nullable(),
      sha256: z.string().nullable(),
      duration: z.number().nullable().describe("Seconds of audio."),
      channels: z.int().nullable(),
      models: z.array(z.string()),
      languages: z.array(z.string()),
      tags: z.array(z.string()),
      extra: z.record(z.string(), z.unknown()),
      warnings: z
        .array(z.unknown())
        .describe(
          "Deepgram's own, and ours, for example `incomplete_audio`: `seconds` of a `channel` of streaming audio have no final result, in the `gaps` from `start` to `end`.",
        ),
      conflicts: z.array(conflict),
      error: deepgramErrorShape.nullable(),
      follow_ups: z.array(followUpStatus),
      follow_up_problems: z
        .array(z.string())
        .describe("What the request asked for in `extra` that cannot be done."),
      live: z
        .object({ finals: z.int(), heard_at: time })
        .optional()
        .describe("How many results of the stream are final, and when a message came last."),
      expected_at: time.optional(),
      deadline_at: time.nullable().optional(),
      successor: z
        .string()
        .nullable()
        .optional()
        .describe(
          "The request that has taken its place: its audio was submitted again, or it was the id of a job.",
        ),
      predecessor: z.string().nullable().optional(),
      deleted_at: time.optional(),
    })
    .meta({ id: "TranscriptStatus" }),
);

export type TranscriptStatus = z.infer<typeof transcriptStatus>;

/** The status of a stored callback. */
export function statusOfCallback(
  record: CallbackRecord,
  facts: Facts,
  given: Details,
  more: Pick<TranscriptStatus, "conflicts" | "follow_ups" | "follow_up_problems">,
): TranscriptStatus {
  const { error, audio_sha256: _, ...known } = facts;
  return {
    request_id: record.requestId,
    state: record.state,
    kind: resultKind(record),
    title: titleIn(facts.extra, given),
    received_at: record.receivedAt,
    bytes: record.bytes,
    sha256: record.sha256,
    ...known,
    tags: tagsIn(facts.tags, given),
    error,
    ...more,
  };
}

/** The status of a callback that is still to come. */
export const statusOfExpectation = (
  expectation: Expectation,
  given: Details,
): TranscriptStatus => ({
  ...unknown(expectation.requestId, expectation.state),
  title: titleIn({}, given),
  tags: tagsIn([], given),
  expected_at: expectation.expectedAt,
  deadline_at: expectation.deadlineAt,
  successor: expectation.successor,
  predecessor: expectation.predecessor,
  error: errorOf(expectation),
});

/** The same for an open stream: `duration` is that of its final speech. */
export const statusOfLive = (
  expectation: Expectation,
  given: Details,
  { duration, channels, finals, heard_at }: LiveProgress,
): TranscriptStatus => ({
  ...statusOfExpectation(expectation, given),
  duration,
  channels,
  live: { finals, heard_at },
});

/** What Deepgram said of a failure when it was asked. */
export const errorOf = ({ state, reason }: Expectation): TranscriptStatus["error"] =>
  state === "failed" ? { code: null, message: reason, details: null } : null;

export const statusOfTombstone = ({ requestId, deletedAt }: Tombstone): TranscriptStatus => ({
  ...unknown(requestId, "deleted"),
  deleted_at: deletedAt,
});

const unknown = (requestId: RequestId, state: TranscriptStatus["state"]): TranscriptStatus => ({
  request_id: requestId,
  state,
  kind: null,
  title: null,
  received_at: null,
  bytes: null,
  sha256: null,
  duration: null,
  channels: null,
  models: [],
  languages: [],
  tags: [],
  extra: {},
  warnings: [],
  conflicts: [],
  error: null,
  follow_ups: [],
  follow_up_problems: [],
});
