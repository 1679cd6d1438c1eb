import * as z from "zod";
import {
  type Answer,
  empty,
  json,
  notFound,
  one,
  problemAnswer,
  problemExample,
  problemSchema,
} from "../http/describe/answers.ts";
import type { Examples } from "../http/describe/operation.ts";
import { followUpStatus, transcriptStatus } from "./transcript-status.ts";

const time = z.iso.datetime();

const { request_id, error } = transcriptStatus.shape;

export const failedProblem = problemSchema
  .extend({
    request_id,
    state: z.literal("failed"),
    error,
    expected_at: time
      .optional()
      .describe("Where the failure is known from Deepgram's records, not from a callback."),
    deadline_at: time.nullable().optional(),
  })
  .meta({ id: "FailedProblem" });

const overdueProblem = problemSchema
  .extend({
    request_id,
    state: z.literal("overdue"),
    expected_at: time,
    deadline_at: time.nullable(),
  })
  .meta({ id: "OverdueProblem" });

const deletedProblem = problemSchema
  .extend({ request_id, state: z.literal("deleted"), deleted_at: time })
  .meta({ id: "DeletedProblem" });

export const untranslatedProblem = problemSchema
  .extend({ request_id, follow_up: followUpStatus })
  .meta({ id: "UntranslatedProblem" });

const LATE = "Deepgram's callback has not come within its time.";

/** What is answered about a transcript that is not there, by its state. */
export function stateAnswers({ requestId, failure, expected }: Examples) {
  const { expected_at, deadline_at } = expected;
  return {
    UnknownTranscript: notFound("No such transcript is known, nor expected.", [
      "unknown_transcript",
      "No transcript is known by this request_id.",
    ]),
    ToCome: json(
      transcriptStatus,
      "The transcript is expected (`expected`) or being spoken (`live`): its status.",
      { headers: ["Retry-After"], examples: one(expected) },
    ),
    Superseded: empty(
      "Another request has taken the place of this one, since the audio was submitted again or Deepgram's own `request_id` became known: ask there.",
      ["Location"],
    ),
    Deleted: problemAnswer(
      "The transcript was deleted.",
      [
        problemExample(410, "transcript_deleted", "The transcript was deleted.", {
          request_id: requestId,
          state: "deleted",
          deleted_at: "2026-11-25T10:00:00.000Z",
        }),
      ],
      { schema: deletedProblem },
    ),
    Failed: problemAnswer(
      "Deepgram could not transcribe the audio: its error.",
      [failure.problem],
      {
        schema: failedProblem,
      },
    ),
    Overdue: problemAnswer(
      LATE,
      [
        problemExample(504, "transcript_overdue", LATE, {
          request_id: requestId,
          state: "overdue",
          expected_at,
          deadline_at,
        }),
      ],
      { schema: overdueProblem },
    ),
  } satisfies Record<string, Answer>;
}
